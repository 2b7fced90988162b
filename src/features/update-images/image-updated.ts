import type { Failure } from '../../base/errors.ts';

/** What became of one image. */
export interface ImageUpdated {
  /** `mediawiki:1.43` */
  readonly image: string;
  /** came back: the new one failed, and the old one has the name again */
  readonly outcome: 'updated' | 'unchanged' | 'came back' | 'failed' | 'left alone';
  /** digests; undefined: there was none, or it is not known */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** why it was left alone */
  readonly why?: string | undefined;
  /** containers that were recreated with it, and run */
  readonly containers: readonly string[];
}

export interface ImagesUpdated {
  readonly images: readonly ImageUpdated[];
  readonly failures: readonly Failure[];
}

export interface UpdateImages {
  /** records of `docker_images`, or containers; empty: the images of all enabled containers */
  readonly names: readonly string[];
  readonly waitSeconds?: number | undefined;
  /** ends it in good order: what runs with a new image by then stays */
  readonly signal?: AbortSignal | undefined;
}
