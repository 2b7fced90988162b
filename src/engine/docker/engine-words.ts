/** What the engine, runc and registries say, and what that means. */
const MEANINGS: readonly (readonly [said: RegExp, meaning: string])[] = [
  [
    /sandbox .*not found|\bno such sandbox|sandbox not found/i,
    'the engine is starting or stopping the container just now, and it has no network meanwhile',
  ],
  [/exec: "([^"]*)": .*(?:executable file not found|no such file)/i, 'its image has no program "$1"'],
  [/exec: "([^"]*)": .*permission denied/i, 'the program "$1" of its image is not executable'],
  [/exec format error/i, 'its image is for another kind of processor'],
  [/unable to find user ([^:]+): no matching entries/i, 'its image has no user "$1"'],
  [/unable to find group ([^:]+): no matching entries/i, 'its image has no group "$1"'],
  [/manifest unknown|manifest for .* not found/i, 'the registry has no image of that name and tag'],
  [/no matching manifest for (\S+)/i, 'the registry has no such image for $1'],
  [/toomanyrequests|429 too many requests/i, 'the registry allows no more pulls for now'],
  [
    /server gave HTTP response to HTTPS client/i,
    'the registry speaks no TLS, and the engine does not know that it may be asked without',
  ],
  [
    /certificate signed by unknown authority/i,
    'the engine does not know who has signed the certificate of the registry',
  ],
  [/lookup \S+.*: no such host/i, 'there is no host of that name'],
  [
    /\bdial (?:tcp|udp)\b.*(?:unreachable|no route to host|connection refused|i\/o timeout)/i,
    'the engine cannot reach it from this host',
  ],
  [
    /not a directory.*Are you trying to mount a directory onto a file/is,
    'a folder is mounted on a file, or a file on a folder',
  ],
  [/no space left on device/i, 'the disk of the engine is full'],
  [/removal of container \S+ is already in progress/i, 'the engine is removing it already'],
  [/is marked for removal/i, 'the engine is removing it'],
  [/invalid cross-device link/i, 'it would have to be moved to another file system'],
];

/** `(HTTP code 500) server error - `, of dockerode */
const STATUS = /^\(HTTP code \d+\) [^-]* - /;

/**
 * The engine's words, after what they mean where that is known.
 * @param answer kept whole but for what dockerode puts in front: it can be searched for
 */
export function explainEngine(answer: string): string {
  const said = answer.replace(STATUS, '').trim();
  for (const [pattern, meaning] of MEANINGS) {
    const found = pattern.exec(said);
    if (found !== null) return `${meaning.replace('$1', found[1] ?? '')} (${said})`;
  }
  return said;
}
