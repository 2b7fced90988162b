/** The arguments of `Require` for a path, each once: in `<Location "PATH">`, in whichever vhosts of the file. */
export function listRequires(text: string, path: string): readonly string[] {
  const found = new Set<string>();
  let isInside = false;
  for (const line of text.split('\n').map((part) => part.trim())) {
    const [, opened] = /^<Location "([^"]*)">$/i.exec(line) ?? [];
    if (opened !== undefined) isInside = opened === path;
    else if (/^<\/Location>$/i.test(line)) isInside = false;
    else if (isInside && /^Require\s/i.test(line)) found.add(line.replace(/^Require\s+/i, '').replace(/\s+/g, ' '));
  }
  return [...found];
}
