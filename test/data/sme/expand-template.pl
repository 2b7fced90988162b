#!/usr/bin/perl
# Stands for SME Server's expand-template: finds the fragments as it does, and has them rendered by the program that
# renders those of docksmith's own templates, which is compared with the original's answers elsewhere.
# Its own libraries are used where they are installed.
use strict;
use warnings;

my ($lib, $dbs) = ('/usr/local/lib/sme', '/home/e-smith/db');
my $path = shift // die "usage: expand-template PATH\n";
my %metadata = -f "/etc/e-smith/templates.metadata$path" ? split(/[=\n]/, slurp("/etc/e-smith/templates.metadata$path")) : ();

my $job = '';
add($_) foreach $path, grep { -d "/etc/e-smith/templates$_" } nested($path);
my ($in, $out) = map { "/run/expand-$$.$_" } qw(job made);
spew($in, $job . message('end'));
system("perl '$lib/render.pl' '$lib' '$dbs' < '$in' 3> '$out'") == 0 or die "cannot render $path\n";
my $text = '';
foreach my $message (parse(slurp($out))) {
    my ($kind, @fields) = @{$message};
    warn $fields[0] if $kind eq 'warning';
    die "$fields[0]:$fields[1]: $fields[2]" if $kind eq 'failure';
    $text .= $fields[2] if $kind eq 'text' || $kind eq 'block';
}
unlink $in, $out;
spew("$path.new", $text);
chmod oct($metadata{PERMS} // '0644'), "$path.new";
rename "$path.new", $path or die "$path: $!";

# Fragments by name, those of templates-custom first; in byte order, but for the first and the last.
sub add {
    my ($template) = @_;
    my %files;
    foreach my $layer (qw(templates templates-custom)) {
        $files{ (split m{/})[-1] } = $_ foreach grep { -f } glob "/etc/e-smith/$layer$template/*";
    }
    my %place = ('template-begin' => 0, 'template-end' => 2);
    $job .= message('template', $template);
    $job .= message('fragment', $template, $files{$_}, slurp($files{$_}))
        foreach sort { ($place{$a} // 1) <=> ($place{$b} // 1) || $a cmp $b } keys %files;
}

sub nested { return map { s{^/etc/e-smith/templates}{}r } grep { -d } glob "/etc/e-smith/templates$_[0]/*" }
sub message { return @_ . "\n" . join '', map { length($_) . "\n$_" } @_ }

sub parse {
    my ($text) = @_;
    my @messages;
    while ($text =~ s/^(\d+)\n//) {
        push @messages, [map { $text =~ s/^(\d+)\n//; substr $text, 0, $1, '' } 1 .. $1];
    }
    return @messages;
}
sub slurp { open my $file, '<:raw', $_[0] or die "$_[0]: $!\n"; local $/; return <$file> // '' }
sub spew { open my $file, '>:raw', $_[0] or die "$_[0]: $!\n"; print {$file} $_[1]; close $file or die "$_[0]: $!\n" }
