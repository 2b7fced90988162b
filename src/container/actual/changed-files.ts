/** Generated files that a container sees and that are others by now than when it read them. */
export interface ChangedFiles {
  readonly paths: readonly string[];
  /**
   * whether one of them is mounted by itself: a new file of that name shows only after a restart, since the
   * mount holds on to the old one
   */
  readonly needsRestart: boolean;
}
