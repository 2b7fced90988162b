import { readdirSync } from 'node:fs';
import path from 'node:path';

const MAIN = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const IS_COMPOSE = /^(docker-)?compose[\w.-]*\.ya?ml$/;
const IS_OVERRIDE = /^(docker-)?compose\.override\.ya?ml$/;

/** A Compose project below a folder. */
export interface Project {
  /** of its file, from the folder on */
  readonly name: string;
  /** the first that adopt reads is taken: some files are meant to be laid over the main one */
  readonly tries: readonly Try[];
}

export interface Try {
  /** the name of the project; undefined: that of its folder */
  readonly project?: string;
  /** as adopt is given them */
  readonly named: readonly string[];
  /** the files that Compose takes then */
  readonly files: readonly string[];
}

/**
 * Every Compose file below a folder; those of a project that Compose takes together are one.
 * @param everyYaml whether each file *.yaml is one, whatever its name
 */
export function listProjects(folder: string, everyYaml = false): readonly Project[] {
  const isCompose = (name: string): boolean => (everyYaml ? name.endsWith('.yaml') : IS_COMPOSE.test(name));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isCompose(entry.name) && !IS_OVERRIDE.test(entry.name))
    .map(({ name, parentPath }) => {
      const there = readdirSync(parentPath);
      const whole = (one: string): string => path.join(parentPath, one);
      const main = MAIN.find((one) => there.includes(one));
      const overrides = there.filter((one) => IS_OVERRIDE.test(one)).slice(0, 1);
      const alone = {
        named: [whole(name)],
        files: [whole(name)],
        // those of one folder are no parts of one project
        ...(everyYaml ? { project: path.parse(name).name } : {}),
      };
      return {
        name: path.join(path.relative(folder, parentPath), name),
        tries:
          name === main
            ? [{ named: [parentPath], files: [name, ...overrides].map(whole) }]
            : main === undefined
              ? [alone]
              : [alone, { named: [whole(main), whole(name)], files: [whole(main), whole(name)] }],
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
