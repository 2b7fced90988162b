import { describe, expect, it } from 'vitest';
import { listVolumeNames, parseRunSpec, type RunSpec } from '../../../../src/container/spec/run-spec.ts';
import { Failures } from '../../../../src/base/errors.ts';

const FILE = '/etc/docksmith/containers/wiki.yaml';

function parse(...lines: readonly string[]): RunSpec {
  return parseRunSpec(
    FILE,
    ['services:', '  wiki:', '    image: app:1', ...lines.map((line) => `    ${line}`), ''].join('\n'),
  );
}

describe('a run spec', () => {
  it('is read with short and long forms made the same', () => {
    const { values } = parse(
      'ports: ["127.0.0.1:47000:80", {target: 53, published: 53, protocol: udp}]',
      'volumes: [/srv/wiki/:/images:rw, {type: bind, source: /a, target: /b, read_only: true}]',
      'mem_limit: 1g',
      'command: sh -c "echo \'a b\'"',
    );
    expect(values).toEqual({
      image: 'app:1',
      ports: ['127.0.0.1:47000:80', '53:53/udp'],
      volumes: ['/a:/b:ro', '/srv/wiki:/images'],
      mem_limit: 1024 ** 3,
      command: ['sh', '-c', "echo 'a b'"],
    });
  });

  it('may have a banner of comments and the name of its container', () => {
    expect(
      parseRunSpec(FILE, '# banner\n#\nservices:\n  wiki: {container_name: wiki, image: "registry.lan:5000/wiki"}\n')
        .values,
    ).toEqual({ image: 'registry.lan:5000/wiki:latest' });
  });

  it.each([
    ['the first by name, but for those of groups', 'aaa: {}, docksmith-wiki: {}, front: {}', 'aaa'],
    ['the one with a priority', 'aaa: {}, docksmith-wiki: {}, front: {priority: 1000}', 'front'],
    [
      'the highest priority',
      'aaa: {priority: -1}, docksmith-wiki: {priority: 7}, front: {priority: 5}',
      'docksmith-wiki',
    ],
  ])('is made on %s', (_, networks, first) => {
    const text = `services: {wiki: {image: a, networks: {${networks}}}}\nnetworks: {aaa: {}, docksmith-wiki: {}, front: {}}\n`;
    expect(parseRunSpec(FILE, text).values).toMatchObject({
      network_mode: first,
      networks: { aaa: '', 'docksmith-wiki': '', front: '' },
    });
  });

  it('refuses a priority that is no number', () => {
    expect(() =>
      parseRunSpec(FILE, 'services: {wiki: {image: a, networks: {x: {priority: high}}}}\nnetworks: {x: {}}'),
    ).toThrow('"high" is no whole number');
  });

  it('reads $$ as a dollar sign, and follows anchors', () => {
    const text =
      'services:\n  wiki:\n    image: app:1\n    environment: &env {A: "5$$", B: "$$$$"}\n    labels: *env\n';
    expect(parseRunSpec(FILE, text).values).toMatchObject({
      environment: { A: '5$', B: '$$' },
      labels: { A: '5$', B: '$$' },
    });
  });

  it('keeps our own labels apart from what is compared', () => {
    const { values, ownLabels } = parse('labels: {docksmith.order: 1, team: web}');
    expect([values['labels'], ownLabels]).toEqual([{ team: 'web' }, { 'docksmith.order': '1' }]);
  });

  it('calls volumes by the name that the engine knows', () => {
    const spec = parseRunSpec(
      FILE,
      'services:\n  wiki: {image: app, volumes: ["data:/data", "plain:/plain:ro"]}\nvolumes:\n  data: {name: wiki-data}\n  plain:\n',
    );
    expect(listVolumeNames(spec)).toEqual(['plain', 'wiki-data']);
  });

  const MISTAKES: readonly (readonly [line: string, why: string])[] = [
    ['builds: .', '"services.wiki.builds": docksmith does not support this key'],
    ['container_name: other', '"other" is not "wiki", the name of the record'],
    ['ports: ["8000-8010:80-91"]', '"8000-8010:80-91" has ranges of two lengths'],
    ['ports: ["80:99999"]', '"80:99999" is not like'],
    ['ports: ["1.2.3.400:80:80"]', 'is not like'],
    ['ports: 80', 'must be a list'],
    ['ports: [{target: 80, names: web}]', '"services.wiki.ports[0].names": docksmith does not support this key'],
    ['volumes: [./data:/data]', '"./data" is neither an absolute path nor the name of a volume'],
    ['volumes: [data:/data]', 'volume "data" is not in the map "volumes" of the file'],
    ['volumes: [/a:/b:rx]', '"rx" is none of'],
    ['volumes: [/a:b]', '"b" is no absolute path in the container'],
    ['mem_limit: 5m', '5m is below the 6m that a container needs'],
    ['mem_limit: lots', 'must be a size like 512m'],
    ['restart: sometimes', '"sometimes" is none of'],
    ['network_mode: wiki', '"wiki" is none of bridge, host, none'],
    ['environment: {A: }', '"services.wiki.environment.A": has no value'],
    ['environment: [A]', '"A" has no value'],
    ['environment: {A: "$HOME"}', '"$HOME" would be a variable'],
    ['environment: {A: "$$${B}"}', '"${B}" would be a variable'],
    ['command: echo "a', 'a quote is left open'],
    ['command: []', 'is empty'],
    ['init: yes please', 'must be true or false'],
    ['cpus: many', 'must be a number of CPUs'],
    ['logging: {options: {max-size: 1m}}', 'needs a driver'],
    ['healthcheck: {test: [curl]}', 'must begin with CMD'],
    ['hostname: ""', 'is empty'],
    ['image: "app:2"', 'Map keys must be unique'],
  ];
  it.each(MISTAKES)('says where the mistake is in %s', (line, why) => {
    expect(() => parse(line)).toThrow(new RegExp(`^${FILE}:4:\\d+: .*`.replaceAll('/', '\\/')));
    expect(() => parse(line)).toThrow(why);
  });

  it('refuses to publish where the engine would publish nothing', () => {
    expect(() => parse('ports: ["80:80"]', 'network_mode: host')).toThrow(
      /:4:\d+: .*with network_mode "host" nothing can be published/,
    );
  });

  it('reports all mistakes at once, each with line and column', () => {
    try {
      parse('mem_limit: 1', 'ports: ["0:80", "1-2:1-3"]', 'foo: bar');
      expect.unreachable();
    } catch (error) {
      expect(error instanceof Failures && error.failures.map(({ at }) => [at?.line, at?.column])).toEqual([
        [4, 16],
        [5, 13],
        [5, 21],
        [6, 10],
      ]);
    }
  });

  it('blames a second service at the line that adds it', () => {
    try {
      parseRunSpec(FILE, 'services:\n  wiki:\n    image: a\n  other:\n    image: b\n  third: {image: c}\n');
      expect.unreachable();
    } catch (error) {
      expect(error instanceof Failures && error.failures.map(({ message }) => message)).toEqual([
        `${FILE}:4:3: cannot use "services.other": a run spec holds one service, and that is "wiki"`,
        `${FILE}:6:3: cannot use "services.third": a run spec holds one service, and that is "wiki"`,
      ]);
    }
  });

  it.each(['w', '-wiki', 'wi ki', 'wiki.docksmith-old'])(
    'refuses the name %j, which the engine or docksmith cannot take',
    (name) => {
      expect(() => parseRunSpec(`/etc/${name}.yaml`, 'services: {}')).toThrow(`"${name}" is no name for a container`);
    },
  );

  it.each([
    ['', 'it is empty'],
    ['services: {}', 'must hold a service'],
    ['services: {other: {image: a}}', 'must be called "wiki"'],
    ['services: {wiki: {}}', 'needs an image'],
    ['services: {wiki: {image: a}}\nconfigs: {x: {}}', '"configs.x": only configs that the swarm keeps already'],
    [
      'services: {wiki: {image: a, secrets: [x]}}\nsecrets: {x: {external: true}}',
      'the secret "x" is kept by a swarm, and this is a container of one host',
    ],
    ['- a', 'must be a map'],
    ['services: {wiki: [', 'cannot read the run spec'],
  ])('refuses the file %j', (text, why) => {
    expect(() => parseRunSpec(FILE, text)).toThrow(why);
  });
});
