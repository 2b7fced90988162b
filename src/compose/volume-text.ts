/** `SOURCE:TARGET:OPTIONS`, or `TARGET` alone. */
export interface VolumeText {
  /** empty: a volume without a name */
  readonly source: string;
  readonly target: string;
  readonly options: string | undefined;
}

export function splitVolume(text: string): VolumeText {
  const parts = text.split(':');
  const [first = '', second, ...options] = parts;
  return second === undefined
    ? { source: '', target: first, options: undefined }
    : { source: first, target: second, options: options.length === 0 ? undefined : options.join(':') };
}

/** Whether it is a folder or file of the host, and no volume with a name. */
export function isHostPath(source: string): boolean {
  return /^[./~]/.test(source);
}
