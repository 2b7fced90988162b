import { existsSync } from 'node:fs';
import { Failure, Failures } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import { listSteps } from '../../event/steps.ts';
import { requestsOf } from '../../flow/expand.ts';
import { type HostState, withOverlay } from '../../flow/host-state.ts';
import type { RecordRef } from '../../template/language/origin.ts';
import type { RenderRequest } from '../../template/render-request.ts';
import type { Renderer } from '../../template/render.ts';
import type { Rendered } from '../../template/rendered.ts';
import { WHOLE_EVENT } from '../impact/impact.ts';

/** An output of a template, and what renders it alone. */
export interface FoundOutput {
  readonly request: RenderRequest;
  readonly output: Rendered | undefined;
}

/**
 * The output of that path as the whole event would make it, or one that was made once and is not any more.
 * @throws Failure for a path that is no output
 */
export function findOutput(hostState: HostState, renderer: Renderer, file: string): FoundOutput {
  const { paths, ledger } = hostState;
  const requests = requestsOf(
    listSteps(paths, WHOLE_EVENT).steps.flatMap((step) => (step.kind === 'templates' ? step.templates : [])),
    [],
  );
  const owned = ledger.outputs.get(file);
  const own =
    owned === undefined
      ? undefined
      : (requests.find(({ template }) => template === owned.template) ?? { template: owned.template });
  const all: string[] = [];
  for (const request of own === undefined ? requests : [own]) {
    const { outputs } = renderer.render(onlyFor(request, owned?.record, file));
    const output = outputs.find((one) => one.path === file);
    if (output !== undefined) return { request: onlyFor(request, output.record, file), output };
    all.push(...outputs.map((one) => one.path));
  }
  if (own !== undefined) return { request: own, output: undefined };
  const nearest = findNearest(file, [...ledger.outputs.paths(), ...all]);
  throw new Failure(`cannot tell why "${file}" is as it is`, {
    why: existsSync(paths.file(file)) ? "it is not docksmith's" : 'there is no such file, and no template makes it',
    hint:
      nearest === undefined ? 'docksmith history shows the files that docksmith wrote' : `did you mean "${nearest}"?`,
  });
}

/** The same for one record alone, where metadata that an event adds says nothing else. */
function onlyFor(request: RenderRequest, record: RecordRef | undefined, file: string): RenderRequest {
  if (record === undefined || request.metadata !== undefined) return request;
  return { ...request, args: [record.key], metadata: { file, text: 'ONLY = arguments' } };
}

/** The output over dbs with changes; undefined: it would not be there, `refused`: with them nothing is rendered. */
export function renderOver(
  hostState: HostState,
  renderer: Renderer,
  request: RenderRequest,
  file: string,
  overlay: Parameters<typeof withOverlay>[1][number],
): Rendered | 'refused' | undefined {
  try {
    return renderer
      .over(withOverlay(hostState, [overlay]))
      .render(request)
      .outputs.find((output) => output.path === file);
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return 'refused';
    throw error;
  }
}
