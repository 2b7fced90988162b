import type { Reporter } from '../../flow/reporter.ts';
import { showable, showableLine } from '../../base/showable.ts';
import type { ChangeSet } from '../../output/plan/change-set.ts';
import { type FilePair, formatFileDiffs } from '../../output/plan/diff.ts';
import type { Committed } from '../../output/commit/commit.ts';
import { formatInstalled } from './format-signal.ts';
import { beginMovingLine, endMovingLine } from './moving-lines.ts';
import { hasColour, isTerminal, painter } from './terminal.ts';
import type { Writable } from 'node:stream';
import type { Spinner } from 'yocto-spinner';

/** Work that takes longer than this gets a line that moves. */
const SHOW_AFTER_MILLISECONDS = 1000;

export interface Streams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Tells on a terminal or a pipe what goes on; progress on a terminal only. */
export class ConsoleReporter implements Reporter {
  readonly #streams: Streams;
  readonly #linesTo: Writable;
  readonly #json: boolean;
  #spinner: Spinner | undefined;
  #timer: NodeJS.Timeout | undefined;
  #words = '';
  readonly #end = (): void => this.end();

  /** @param options `json`: standard output is kept for the one document, lines of steps go to standard error */
  constructor(streams: Streams, { json = false }: { readonly json?: boolean } = {}) {
    this.#streams = streams;
    this.#json = json;
    this.#linesTo = json ? streams.stderr : streams.stdout;
  }

  waiting(holder: string | undefined): void {
    this.#print(this.#streams.stderr, `waiting for ${showableLine(holder ?? 'another process')} to end\n`);
  }

  progress(words: string): void {
    this.#words = words;
    if (!isTerminal(this.#streams.stderr)) return;
    if (this.#spinner !== undefined) this.#spinner.text = words;
    else this.#timer ??= setTimeout(() => void this.#spin(), SHOW_AFTER_MILLISECONDS);
    beginMovingLine(this.#streams.stderr, this.#end);
  }

  installed(changes: ChangeSet, kept: Committed['kept'], edits: readonly FilePair[]): void {
    if (edits.length > 0) {
      this.warning('local edits were overwritten:');
      this.#print(this.#streams.stderr, formatFileDiffs(edits, { colour: hasColour(this.#streams.stderr) }));
    }
    if (!this.#json) this.#print(this.#streams.stdout, formatInstalled(changes, kept, painter(this.#streams.stdout)));
  }

  line(step: string, text: string, stream: 'stdout' | 'stderr'): void {
    const to = stream === 'stderr' ? this.#streams.stderr : this.#linesTo;
    this.#print(to, `${painter(to)('dim', `${step}:`)} ${showable(text)}\n`);
  }

  warning(text: string): void {
    this.#print(
      this.#streams.stderr,
      `${painter(this.#streams.stderr)('yellow', 'docksmith: warning:')} ${showable(text)}\n`,
    );
  }

  /** Takes the moving line away, before something is printed; the end of the command does so, too. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#spinner?.stop();
    this.#spinner = undefined;
    endMovingLine(this.#end);
  }

  async #spin(): Promise<void> {
    const { default: yoctoSpinner } = await import('yocto-spinner');
    if (this.#timer !== undefined) this.#spinner = yoctoSpinner({ text: this.#words }).start();
  }

  #print(to: Writable, text: string): void {
    this.#spinner?.clear();
    to.write(text);
  }
}
