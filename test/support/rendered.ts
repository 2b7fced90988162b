import { createHash } from 'node:crypto';
import type { Rendered } from '../../src/template/rendered.ts';
import type { Origin } from '../../src/template/language/origin.ts';
import { ReadScope, TrackedText } from '../../src/template/language/tracked-text.ts';

/** An output as a template gives it, owned by whoever runs the tests. */
export function makeRendered(
  path: string,
  content: string,
  more: Partial<Omit<Rendered, 'path' | 'content'>> = {},
): Rendered {
  return {
    path,
    content: Buffer.from(content),
    digest: createHash('sha256').update(content).digest('hex'),
    mode: 0o644,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    template: path,
    text: trackedLines(content),
    scope: new ReadScope(),
    isSecret: false,
    services: [],
    ...more,
  };
}

/** The same output with another content. */
export function withContent(output: Rendered, content: string): Rendered {
  const { digest, text } = makeRendered(output.path, content);
  return { ...output, content: Buffer.from(content), digest, text };
}

/** A text of which each line comes from these places. */
export function trackedLines(content: string, origins: readonly (readonly Origin[])[] = []): TrackedText {
  const text = new TrackedText();
  for (const [n, line] of content.split(/(?<=\n)/).entries()) {
    for (const [at, { reads, ...place }] of (origins[n] ?? []).entries()) {
      const scope = new ReadScope();
      for (const read of reads) scope.note(read);
      text.append({ ...place, text: at === 0 ? line : '', literal: false, scope });
    }
  }
  return text;
}
