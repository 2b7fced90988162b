/** What an engine and its kernel can do, and how it was started. */
export interface EngineTraits {
  /** whether a limit on swap can be set on this kernel; the engine quietly drops it where not */
  readonly limitsSwap: boolean;
  /** whether containers go on running while this engine restarts, as it was started */
  readonly liveRestore: boolean;
  /** the folder of its images, containers and volumes, links followed; empty where there is none */
  readonly dataRoot: string;
  /** `overlay2`; images and containers of another one are not seen */
  readonly storageDriver: string;
}
