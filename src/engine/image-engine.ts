import type { Readable } from 'node:stream';

/**
 * What is done with images by hand, beside the interface through which containers are planned and made. Images
 * are said by their ids.
 */
export interface ImageEngine {
  /** those with a name, and those that no name means any more; not the steps that others were built by */
  listImages(): Promise<readonly ImageSummary[]>;
  /** all containers, ours or not, with the images that they keep */
  listUsers(): Promise<readonly ImageUser[]>;
  /** newest first */
  readHistory(image: string): Promise<readonly HistoryEntry[]>;
  /** makes an image of a container's files. @returns its id */
  commit(container: string, request: CommitRequest): Promise<string>;
  /** the files of a container, as tar */
  exportContainer(container: string): Promise<Readable>;
  /** images with their names and layers, as `docker save` writes them */
  saveImages(references: readonly string[]): Promise<Readable>;
}

export interface ImageSummary {
  /** `sha256:…` */
  readonly id: string;
  /** `mediawiki:1.43`; none: dangling */
  readonly names: readonly string[];
  /** `mediawiki@sha256:…` */
  readonly digests: readonly string[];
  /** ISO 8601 */
  readonly created: string;
  /** bytes, with the layers that it shares */
  readonly size: number;
}

export interface ImageUser {
  readonly id: string;
  readonly name: string;
  /** the image's id */
  readonly image: string;
  /** what it was made from, as it was said then: `mediawiki:1.43`, or an id */
  readonly madeFrom: string;
  readonly status: string;
}

export interface HistoryEntry {
  /** ISO 8601 */
  readonly created: string;
  readonly createdBy: string;
  readonly comment: string;
  /** bytes */
  readonly size: number;
  readonly names: readonly string[];
}

export interface CommitRequest {
  readonly reference: string;
  readonly message?: string | undefined;
  readonly author?: string | undefined;
  /** whether its processes stand still meanwhile, so that the files are of one moment */
  readonly pause: boolean;
}
