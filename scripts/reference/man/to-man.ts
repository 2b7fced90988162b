import type { BlockContent, Heading, Nodes, Paragraph, PhrasingContent, Root, RootContent, Table } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkMan from 'remark-man';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

/** A page as its file is to be: `docksmith-status`, section 1. */
export interface Page {
  readonly name: string;
  readonly section: 1 | 5 | 7;
  /** one line behind its name */
  readonly doc: string;
  readonly blocks: readonly RootContent[];
}

/** What stands around a term, which the converter knows no macro for: characters for nobody's use. */
const TERM = '\ue000';
const END_OF_TERM = '\ue001';

/** The page in the language of man(7), with no day in it: the same text whenever it is built. Words are not hyphenated,
 * since half of them are names to be typed. */
export function formatPage({ name, section, doc, blocks }: Page, version: string): string {
  const tree: Root = { type: 'root', children: blocks.map((block) => structuredClone(block)) };
  const text = unified()
    .use(remarkMan, { name, section, description: doc, version: `docksmith ${version}`, manual: 'docksmith' })
    .stringify(tree);
  return text
    .replace(/^(\.TH "[^"]*" "\d") "[^"]*"(.*)$/m, '$1 ""$2\n.nh\n.ad l')
    .replace(new RegExp(`^\\.P\\n${TERM}(.*)${END_OF_TERM}[ \\n]?`, 'gm'), '.TP\n$1\n\\&');
}

/** The blocks of a Markdown text: without its title, tables as terms with what they mean, links as their words. */
export function readMarkdown(text: string): readonly RootContent[] {
  const { children } = unified().use(remarkParse).use(remarkGfm).parse(text);
  return children
    .filter((node) => node.type !== 'heading' || node.depth > 1)
    .flatMap((node): readonly RootContent[] => (node.type === 'table' ? tableTerms(node) : [node]))
    .map((node) => withoutLinks(node) as RootContent);
}

export function heading(text: string, depth: 2 | 3 = 2): Heading {
  return { type: 'heading', depth, children: [{ type: 'text', value: text }] };
}

export function paragraph(...parts: readonly (PhrasingContent | string)[]): Paragraph {
  return { type: 'paragraph', children: parts.map(phrase) };
}

export function bold(text: string): PhrasingContent {
  return { type: 'strong', children: [{ type: 'text', value: text }] };
}

export function verbatim(text: string): BlockContent {
  return { type: 'code', value: text.replace(/\n+$/, '') };
}

/** A term, and below it, further in, what it means. */
export function term(
  name: readonly (PhrasingContent | string)[],
  ...doc: readonly (PhrasingContent | string)[]
): Paragraph {
  return paragraph(TERM, ...name, END_OF_TERM, ...doc);
}

const phrase = (part: PhrasingContent | string): PhrasingContent =>
  typeof part === 'string' ? { type: 'text', value: part } : part;

/** A row each: its first cell is the term, and cells between that and the last are named by their column. */
function tableTerms({ children: [head, ...rows] }: Table): readonly Paragraph[] {
  return rows.map(({ children: [first, ...cells] }) =>
    term(
      first?.children ?? [],
      ...cells.flatMap((cell, n) => {
        const column = head?.children[n + 1]?.children ?? [];
        return n === cells.length - 1 ? cell.children : [...column, ' ', ...cell.children, '; '];
      }),
    ),
  );
}

/** A link leads out of a page of man to a file that is elsewhere there: its words stay. */
function withoutLinks(node: Nodes): Nodes {
  if (!('children' in node)) return node;
  const children = node.children.flatMap((child): readonly Nodes[] => {
    const plain = withoutLinks(child);
    return plain.type === 'link' && !/^https?:/.test(plain.url) ? plain.children : [plain];
  });
  return { ...node, children } as Nodes;
}
