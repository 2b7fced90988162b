/** A content that would be asked for, and fetched where it has changed. */
export interface PlannedContent {
  /** of the container */
  readonly name: string;
  readonly cause: string;
}
