/** Where an image is made. */
export interface Workshop {
  /** all of it, for what belongs to no image */
  readonly folder: string;
  /** the image to be */
  readonly root: string;
}
