import type { Rendered } from '../../src/template/rendered.ts';

/** An output as a template gives it, owned by whoever runs the tests. */
export function makeRendered(path: string, content: string, more: Partial<Omit<Rendered, 'path' | 'content'>> = {}): Rendered {
  return {
    path, content: Buffer.from(content), mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0,
    template: path, origins: [], reads: [], isSecret: false, services: [], ...more,
  };
}
