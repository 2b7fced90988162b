import type { ExposedAddress } from '../../../features/exposure/addresses.ts';
import type { ExposedUrl } from '../../../features/exposure/apache.ts';
import type { FilterOfPort } from '../../../features/exposure/filter.ts';
import type { ExposedPort } from '../../../features/exposure/ports.ts';
import { type Exposure, readExposure } from '../../../features/exposure/exposure.ts';
import { showable } from '../../../base/showable.ts';
import { ANY_CONTAINERS, type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { painter, widthOf, wrapWords } from '../../format/terminal.ts';

type Paint = ReturnType<typeof painter>;

export const exposureCommand = defineCommand({
  name: 'exposure',
  doc: 'show who can reach which port of containers, by address, packet filter and Apache; exit code 1 where that is not as declared',
  effect: 'prints',
  operands: ANY_CONTAINERS,
  options: JSON_OPTION,
  run: runExposure,
});

async function runExposure(
  { values: { json = false }, words }: Given<typeof JSON_OPTION>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const containers = await readExposure(paths, words);
  const count = containers.reduce((sum, container) => sum + listMismatches(container).length, 0);
  stdout.write(
    json
      ? formatJson({ containers: containers.map(jsonExposure), mismatches: count })
      : formatExposure(containers, painter(stdout), widthOf(stdout)),
  );
  return count === 0 ? 0 : 1;
}

/** All of a container's, each with what it is about. */
function listMismatches({ mismatches, ports, addresses, urls }: Exposure): readonly string[] {
  return [
    ...mismatches,
    ...[...ports, ...addresses].flatMap((one) => one.mismatches),
    ...urls.flatMap((url) => url.mismatches),
  ];
}

/**
 * A block per container: a line of what is declared, a port or URL with who can reach it, and below each what
 * is not as declared.
 */
export function formatExposure(containers: readonly Exposure[], paint: Paint, width: number): string {
  if (containers.length === 0) return 'no containers\n';
  const blocks = containers.map((container) => {
    const { name, access, network, state, ports, addresses, urls, mismatches } = container;
    const title = `${name}: ${access === undefined ? 'no record' : `${access}, network ${network ?? ''}`}${state === 'running' ? '' : `, ${state}`}`;
    const rows = [
      ...ports.map((port) => formatPort(port, paint, width)),
      ...addresses.map((address) => formatAddress(address, paint, width)),
      ...urls.map((url) => formatUrl(url, paint, width)),
    ];
    return [
      paint('bold', showable(title)),
      ...formatMismatches(mismatches, paint, width),
      ...rows.flat(),
      ...(rows.length === 0 ? ['  nothing leads to it'] : []),
    ];
  });
  const count = containers.reduce((sum, container) => sum + listMismatches(container).length, 0);
  return `${blocks.flat().join('\n')}\n\n${count === 0 ? 'all is as declared' : `not as declared: ${count}`}\n`;
}

function formatPort(
  { port, protocol, kind, addresses, nodes, filter, reached, mismatches }: ExposedPort,
  paint: Paint,
  width: number,
): readonly string[] {
  const of = kind === 'host' ? ", on the host's network" : '';
  return [
    `  ${port}${protocol === 'tcp' ? '' : `/${protocol}`}${of}: ${paint(reached === 'everybody' ? 'yellow' : 'green', formatAudience(reached))}`,
    ...formatPart('address', addresses.length === 0 ? 'none' : addresses.join(', '), width),
    ...(nodes === undefined ? [] : formatPart('nodes', formatNodes(nodes), width)),
    ...(filter.length === 0 ? [] : formatPart('filter', filter.map(formatFilter).join('; '), width)),
    ...formatMismatches(mismatches, paint, width),
  ];
}

function formatAddress(
  { address, network, filter, reached, mismatches }: ExposedAddress,
  paint: Paint,
  width: number,
): readonly string[] {
  return [
    `  ${showable(address)}, its own on ${showable(network)}: ${paint(reached === 'everybody' ? 'yellow' : 'green', formatAudience(reached))}`,
    ...(filter.length === 0 ? [] : formatPart('filter', filter.map(formatFilter).join('; '), width)),
    ...formatMismatches(mismatches, paint, width),
  ];
}

function formatFilter({ family, isKnown, networks, why }: FilterOfPort): string {
  if (!isKnown) return `${family} ${why ?? ''}`;
  return `${family} ${networks === undefined ? `everybody (${why ?? ''})` : networks.length === 0 ? 'nobody' : networks.join(', ')}`;
}

function formatUrl(
  { url, requires, reached, hasPassword, mismatches }: ExposedUrl,
  paint: Paint,
  width: number,
): readonly string[] {
  return [
    `  ${showable(url)}: ${paint(reached === 'everybody' ? 'yellow' : 'green', `${formatAudience(reached)}${hasPassword ? ', with a password' : ''}`)}`,
    ...formatPart(
      'Apache',
      requires.length === 0 ? 'no Require' : requires.map((require) => `Require ${require}`).join('; '),
      width,
    ),
    ...formatMismatches(mismatches, paint, width),
  ];
}

function formatNodes(nodes: NonNullable<ExposedPort['nodes']>): string {
  if (nodes === 'all') return 'every node, by the routing mesh';
  return nodes.length === 0 ? 'none' : nodes.join(', ');
}

const AUDIENCES: Partial<Record<ExposedPort['reached'], string>> = {
  'local networks': 'the local networks',
  'web nodes': 'the nodes that run Apache',
  'this host': 'this host alone',
};

function formatAudience(audience: ExposedPort['reached']): string {
  return AUDIENCES[audience] ?? audience;
}

const LABEL = 9;

function formatPart(label: string, words: string, width: number): readonly string[] {
  const [first = '', ...more] = wrapWords(showable(words), width - 4 - LABEL);
  return [`    ${label.padEnd(LABEL)}${first}`, ...more.map((line) => `${' '.repeat(4 + LABEL)}${line}`)];
}

function formatMismatches(mismatches: readonly string[], paint: Paint, width: number): readonly string[] {
  return mismatches.flatMap((mismatch) => formatPart('MISMATCH', mismatch, width).map((line) => paint('red', line)));
}

function jsonExposure({ access, network, ports, addresses, ...container }: Exposure): unknown {
  const jsonFilter = (filter: readonly FilterOfPort[]): unknown =>
    filter.map(({ networks, why, ...of }) => ({ ...of, networks: networks ?? null, why: why ?? null }));
  return {
    ...container,
    access: access ?? null,
    network: network ?? null,
    ports: ports.map(({ declared, filter, ...port }) => ({
      ...port,
      declared: declared ?? null,
      filter: jsonFilter(filter),
    })),
    addresses: addresses.map(({ filter, ...address }) => ({ ...address, filter: jsonFilter(filter) })),
  };
}
