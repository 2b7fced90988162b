import { Failure, reasonOf } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { readSnapshot } from '../../db/read-snapshot.ts';
import { NO_FACTS } from '../../host/facts.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { askReport } from './answers.ts';
import { type KnownHosts, readHosts } from './known-hosts.ts';
import { type HostReport, reportHost } from './report.ts';
import { AGREED, Repository } from './repository.ts';
import { type Seen, rememberSeen } from './seen.ts';

/** One host as this one sees it. */
export interface SurveyedHost {
  readonly name: string;
  readonly role: 'writer' | 'follower';
  readonly isHere: boolean;
  readonly isEnabled: boolean;
  readonly report: HostReport | undefined;
  /** revisions that this host has and that one does not, and the other way round; `other`: it is not known here */
  readonly distance: { readonly behind: number; readonly ahead: number } | 'other' | undefined;
  /** why it tells nothing */
  readonly why: string | undefined;
  /** what to do about it */
  readonly hint?: string | undefined;
  readonly seen: Seen | undefined;
}

/** All of db hosts, asked at once. @throws Failure where there are none */
export async function surveyHosts(paths: Paths): Promise<readonly SurveyedHost[]> {
  const known = readHosts(withHostDefaults(readSnapshot(paths), NO_FACTS));
  if (known.hosts.length === 0)
    throw new Failure('cannot list hosts', {
      why: 'db hosts has none of type docksmith',
      hint: 'db hosts set NAME docksmith Address ADDRESS Role writer',
    });
  const found = await Promise.all(known.hosts.map((host) => survey(paths, known, host)));
  const asked = found.filter(({ isHere, isEnabled }) => !isHere && isEnabled);
  const seen = rememberSeen(paths, new Map(asked.map(({ name, report }) => [name, report !== undefined])));
  return found.map((host) => ({ ...host, seen: seen.get(host.name) }));
}

async function survey(
  paths: Paths,
  { here }: KnownHosts,
  host: KnownHosts['hosts'][number],
): Promise<Omit<SurveyedHost, 'seen'>> {
  const { name, role, isEnabled } = host;
  const about = { name, role, isEnabled, isHere: name === here };
  if (!isEnabled && !about.isHere) return { ...about, report: undefined, distance: undefined, why: 'disabled' };
  try {
    const report = about.isHere ? await reportHost(paths) : await askReport(host);
    return { ...about, report, distance: distanceOf(new Repository(paths), report.revision), why: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...about, report: undefined, distance: undefined, why: reasonOf(error), hint: error.hint };
  }
}

function distanceOf(repository: Repository, revision: string | undefined): SurveyedHost['distance'] {
  const agreed = repository.find(AGREED);
  if (agreed === undefined) return revision === undefined ? { behind: 0, ahead: 0 } : 'other';
  if (revision === undefined) return { behind: repository.count(agreed, undefined), ahead: 0 };
  if (repository.find(revision) === undefined) return 'other';
  return { behind: repository.count(agreed, revision), ahead: repository.count(revision, agreed) };
}
