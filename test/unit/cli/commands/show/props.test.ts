import { expect, it } from 'vitest';
import { formatProps } from '../../../../../src/cli/commands/show/props.ts';
import { readSchema } from '../../../../../src/db/read-schema.ts';
import { findPaths } from '../../../../../src/base/paths.ts';

const ROWS = Object.entries(readSchema(findPaths({ DOCKSMITH_ROOT: '/nowhere' }))).flatMap(([db, kinds]) =>
  Object.entries(kinds).flatMap(([of, props]) =>
    Object.entries(props).map(([prop, schema]) => ({ db, of, prop, ...schema })),
  ),
);

it('shows every prop in lines that a terminal of 80 columns has room for', () => {
  const lines = formatProps(ROWS).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  for (const { prop } of ROWS) expect(lines.some((line) => line.startsWith(`  ${prop}`))).toBe(true);
});

it('shows under whose records a prop is, what it may be and what it is when it is not set', () => {
  expect(
    formatProps(
      ROWS.filter(
        ({ db, prop }) => db === 'docker_containers' && ['Restart', 'access', 'SubDomainName'].includes(prop),
      ),
    ),
  ).toBe(`docker_containers service
  access         private: for the networks of db networks; public: for everybody
                 [private, public] (default private)
  Restart        when the engine starts it again by itself; a job never (default
                 unless-stopped)
  SubDomainName  the name of that host, under DomainName unless it is a full
                 name; not set: the container's name
`);
});
