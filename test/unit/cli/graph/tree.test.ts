import { expect, it } from 'vitest';
import { formatTree } from '../../../../src/cli/graph/tree.ts';
import type { Graph, GraphNode } from '../../../../src/features/graph/graph.ts';

const node = (kind: GraphNode['kind'], group: string, name: string): readonly [string, GraphNode] => {
  const id = [kind, group, name].filter((part) => part !== '').join(' ');
  return [id, { id, kind, name, group }];
};
const WIKI = 'record docker_containers wiki';
const SPEC = 'output specs /wiki.yaml';
const GRAPH: Graph = {
  nodes: new Map([
    node('record', 'docker_containers', 'wiki'),
    node('record', 'configuration', 'docker'),
    node('output', 'specs', '/wiki.yaml'),
    node('output', 'filter', '/filter'),
    node('container', '', 'wiki'),
    node('service', '', 'docker'),
  ]),
  edges: [
    { kind: 'reads', from: WIKI, to: SPEC },
    { kind: 'reads', from: 'record configuration docker', to: SPEC },
    { kind: 'runs', from: SPEC, to: 'container wiki' },
    { kind: 'reads', from: WIKI, to: 'output filter /filter' },
    { kind: 'tells', from: SPEC, to: 'service docker' },
  ],
};

it('draws what nothing depends on with what it is made of, each part once in full', () => {
  expect(formatTree(GRAPH)).toBe(
    `/filter
└─ docker_containers wiki
container wiki
└─ /wiki.yaml
   ├─ docker_containers wiki
   └─ configuration docker
service docker
└─ /wiki.yaml …
`,
  );
});

it('draws a name with what it is made of, then with what depends on it', () => {
  expect(formatTree(GRAPH, new Set([SPEC]))).toBe(
    `/wiki.yaml
├─ docker_containers wiki
└─ configuration docker

Dependants
/wiki.yaml
├─ container wiki
└─ service docker
`,
  );
  expect(formatTree(GRAPH, new Set([WIKI]))).toContain(
    'Dependants\ndocker_containers wiki\n├─ /wiki.yaml\n│  ├─ container wiki',
  );
});
