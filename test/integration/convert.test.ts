import { expect, onTestFinished, test } from 'vitest';
import { convertTemplate } from '../../src/features/convert/convert.ts';
import { makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { type DbTexts, renderFragments } from '../support/perl-cases.ts';

/** Fragments in the idioms of an SME Server's; what is after `by hand` must be named and not converted. */
const SURE: readonly string[] = [
  'a { $dove{Port} || 25 } b { $dove{Mode} } c { $SystemName }{ $dove{List} }\n',
  '{ $OUT .= "on\\n" if ($dove{status} || "disabled") eq "enabled"; $OUT .= "p $dove{Port}\\n" unless $dove{Mode} eq "x"; $OUT .= "end\\n" }\n',
  '{ $OUT = ""; if ($dove{Port}) { $OUT .= "port $dove{Port}\\n" } elsif ($dove{Mode}) { $OUT .= "mode\\n" } else { $OUT .= "none\\n" } }\n',
  '{ my $p = $dove{Port} // 7; my $m = $dove{Mode} // ""; "$p/$m" }',
  '{ $dove{Port} ? "yes" : "no" } { $dove{Mode} eq "x" ? "ex" : $dove{Mode} }\n',
  '{ my $n = $dove{Port} || 3; $OUT .= "n " . ($n * 2 + 1) . " " . int($n / 4) . " " . ($n > 10 ? "big" : "small") . "\\n"; }\n',
  '{ foreach my $i (split(/,/, $dove{List})) { next if $i eq "b"; $OUT .= "item $i\\n"; } }\n',
  '{ my @l = ("x"); push @l, split(/,/, $dove{List}) if $dove{List}; push @l, "last" unless $dove{Mode}; $OUT .= join("+", @l) . " " . scalar(@l) . "\\n"; }\n',
  '{ foreach my $h (esmith::HostsDB->open_ro->hosts) { $OUT .= $h->key . " " . ($h->prop("HostType") || "?") . "\\n" if ($h->prop("Port") || 0) > 5; } }\n'.replace(
    '{ foreach',
    '{ use esmith::HostsDB; foreach',
  ),
  '{ return "# off\\n" unless ($dove{status} || "disabled") eq "enabled"; $OUT .= "on $dove{Mode}\\n"; }\n',
  '{ my %t = (x => "ex", y => "why"); $OUT .= ($t{$dove{Mode}} || "other") . "\\n" }\n',
  '{ if ($dove{List} =~ /^([a-z]+),(\\w+)/) { $OUT .= "$1-$2\\n" } else { $OUT .= "no\\n" } }\n',
  '{ "x" if $dove{Mode} eq "x" } [{ "y" if $dove{Port} }] [{ "z" unless $dove{Port} }] [{ "w" unless $dove{Mode} eq "x" }]\n',
  '{ sprintf("%03d|%-6s|%5s", $dove{Port}, $dove{Mode}, $dove{List}) }\n',
  '{ length($dove{Mode}) . uc($dove{Mode}) . lc("ABC$dove{Mode}") }\n',
  '{ my $x = "a"; if ($dove{Port} == 25) { $x = "b"; } $x .= "c"; $OUT .= "$x\\n"; }\n',
  '{ $OUT .= <<"E";\n  h $SystemName \\$x\n    {{ braces }}\n  $dove{Mode}\nE\n}\n',
  'text \\{\\{ $x \\}\\} { my $i = $DB->get_prop("dove", "Port") || "none"; $i }\\{\n',
  '{ ($dove{Mode} || "x") eq "x" && ($dove{Port} || 0) < 30 ? "both" : "one" }\n',
  '{ foreach my $n (1 .. ($dove{Port} || 2)) { last_one($n) } }\n'.replace('last_one($n)', '$OUT .= "s$n " if $n < 4'),
  '{ my $x = $dove{Mode}; { $x } }'.replace('{ $x }', '$x'),
  '{ $OUT .= "t\\n" if $dove{Mode} =~ /^(?:x|y)$/; $OUT .= "u\\n" unless $dove{List} =~ /\\d/; $OUT .= "v\\n"; }\n',
];
const BY_HAND: readonly string[] = [
  '{ while ($x < 3) { $x++ } }',
  '{ my %h; $h{$_}++ foreach split(/,/, $dove{List}); join(",", keys %h) }',
  '{ open(my $f, "<", "/etc/motd"); <$f> }',
  '{ `date` }',
  '{ $x = 5 }',
  '{ local $_ = $dove{Mode}; s/x/y/; $_ }',
  '{ foreach (1, 2) { $OUT .= $_; last } }',
  '{ $dove{Mode} = "z"; $dove{Mode} }',
  '{ my ($a) = split(/,/, $dove{List}); $a }',
  '{ $OUT .= "a" if $dove{Port}; }',
  '{ use strict; $SystemName }',
  '{ eval { die }; "x" }',
  '{ my $r = $DB->get($SystemName); $r->key }',
  '{ $dove{Mode} =~ /(?=x)/ ? 1 : 0 }',
  '{ my @a = (1, 2); $a[0] }',
  '{ time }',
];

/** The same numbers in each run. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

function makeDbs(seed: number): DbTexts {
  const random = makeRandom(seed);
  const values: Readonly<Record<string, readonly string[]>> = {
    Port: ['0', '25', '08', '', '7', '3000'],
    Mode: ['x', 'y', 'enabled', '0', '', 'ä b', '{{x}}'],
    List: ['a,b,c', '', 'b', ',a,,', 'abc,d1', '0'],
    status: ['enabled', 'disabled'],
    HostType: ['Self', 'Local', ''],
  };
  const props = (names: readonly string[]): string =>
    names
      .filter(() => random(4) > 0)
      .map((name) => `|${name}|${values[name]?.[random(values[name].length)] ?? ''}`)
      .join('');
  return {
    configuration: `${random(3) > 0 ? 'SystemName=heron\n' : ''}${random(5) > 0 ? `dove=service${props(['List', 'Mode', 'Port', 'status'])}\n` : ''}docksmith=service|PerlTemplates|unconfined\n`,
    hosts: ['a.x', 'b.x', 'c.y'].map((key) => `${key}=host${props(['HostType', 'Port'])}\n`).join(''),
  };
}

needs('perl')('docksmith convert', () => {
  test.each(SURE)('%j prints the same as Perl over random dbs', (source) => {
    const { fragments, left } = convertTemplate(new Map([['10x', source]]), {});
    expect(left).toEqual([]);
    const converted = { '/etc/one': Object.fromEntries(fragments) };
    for (let seed = 1; seed <= 8; seed++) {
      const dbs = makeDbs(seed);
      const perl = renderFragments('/etc/one', { '/etc/one': { '10x': source } }, { dbs });
      expect([dbs, renderFragments('/etc/one', converted, { dbs }, 'ESCAPE = none')]).toEqual([dbs, perl]);
    }
  });

  test.each(BY_HAND)('%j is left to be done by hand', (source) => {
    const { fragments, left } = convertTemplate(new Map([['10x', source]]), {});
    expect([...fragments]).toEqual([]);
    expect(left).toMatchObject([{ name: '10x', line: 1 }]);
  });

  test('the command writes a folder beside, in which what stays in Perl ends in .pl, and reports the rest', async () => {
    const host = makeHost();
    onTestFinished(() => host.stop());
    host.write('/t/relayd.conf/10port', 'port { $relayd{TCPPort} || 25 }\n');
    host.write('/t/relayd.conf/20loop', '{\n  while (1) { last }\n}\n');
    const folder = host.file('/t/relayd.conf');
    expect(await host.runOrFail('docksmith', ['convert', '--dry-run', folder])).toContain('dry run');
    expect(host.files('/t')).toHaveLength(2);
    const said = await host.runOrFail('docksmith', ['convert', folder]);
    expect(said).toContain(`by hand  ${folder}/20loop:2: while is not converted`);
    expect(said).toContain(`${folder}.hbs: 1 converted, 1 in Perl`);
    expect(host.read('/t/relayd.conf.hbs/10port')).toBe('port {{{firstTrue relayd.TCPPort 25}}}\n');
    expect(host.read('/t/relayd.conf.hbs/20loop.pl')).toContain('while');
    expect((await host.run('docksmith', ['convert', folder])).stderr).toContain('exists already');
  });
});
