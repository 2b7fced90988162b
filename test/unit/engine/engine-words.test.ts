import { expect, it } from 'vitest';
import { explainEngine } from '../../../src/engine/docker/engine-words.ts';

// as dockerd 20.10 and registries say it
it.each([
  [
    'Get "https://registry.test/v2/": dial tcp: lookup registry.test on 10.0.0.53:53: dial udp 10.0.0.53:53: connect: network is unreachable',
    'the engine cannot reach it from this host',
  ],
  ['sandbox 3f2a0c not found', 'it has no network meanwhile'],
  [
    'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "nothing": executable file not found in $PATH: unknown',
    'its image has no program "nothing"',
  ],
  [
    'OCI runtime create failed: runc create failed: unable to start container process: exec: "/etc/passwd": permission denied: unknown',
    'the program "/etc/passwd" of its image is not executable',
  ],
  ['unable to find user nobodyhere: no matching entries in passwd file', 'its image has no user "nobodyhere"'],
  [
    'manifest for shop:9 not found: manifest unknown: manifest unknown',
    'the registry has no image of that name and tag',
  ],
  ['write /var/lib/docker/tmp/x: no space left on device', 'the disk of the engine is full'],
])('says what %j means, and keeps it', (said, meaning) => {
  const words = explainEngine(said);
  expect(words).toContain(meaning);
  expect(words.endsWith(` (${said})`)).toBe(true);
});

it('leaves other words of the engine alone', () => {
  const said = 'Conflict. The container name "/wiki" is already in use by container "3f2a". You have to remove it.';
  expect(explainEngine(said)).toBe(said);
});

it('what dockerode puts in front of it is not the engine speaking', () => {
  expect(explainEngine('(HTTP code 500) server error - it is broken \n')).toBe('it is broken');
});
