import type { ContainerTable } from './containers.ts';
import { type Shell, tell } from './shell.ts';

/** What differs between engines. */
export interface Scene {
  /** in front of every container's name */
  readonly prefix: string;
  readonly localIP: string;
  readonly gitPort: number;
  /** of the git server, whose port is published */
  readonly access: 'public' | 'private';
}

/** The main job, as an admin does it. */
export async function tellStory(
  shell: Shell,
  containers: ContainerTable,
  { prefix, localIP, gitPort, access }: Scene,
): Promise<void> {
  const set = (key: string, props: string): Promise<void> =>
    shell.type(`db docker_containers set ${prefix}${key} service status enabled ${props}`);

  tell('1. The host, and what docksmith need not find out. Its engine has an admin of its own here.');
  await shell.type(
    `config set SystemName host; config set DomainName example.test; config set LocalIP ${localIP}; config set docker service Daemon foreign`,
  );
  await shell.type('db networks set 192.168.1.0 network Mask 255.255.255.0');
  await shell.type(
    'config set docksmith service ServiceManager command; config set httpd service ReloadCommand \'echo "(here Apache would read its files again)"\'',
  );
  await shell.type('signal-event post-install');

  tell(
    '2. Five containers: a private wiki with a name of its own, its database, a git server under a path, a cache, and notes.',
  );
  await set('wikidb', 'Image demo/mariadb:11 MaxMemory 256');
  await set(
    'wiki',
    'Image demo/mediawiki:1.43 SubDomain enabled SubDomainName wiki WebPort 80 access private MaxMemory 256 MountPath "$DOCKSMITH_ROOT/srv/wiki:/images" MountCreate yes',
  );
  await set(
    'git',
    `Image demo/gitea:1 WebAlias git WebPort 80 PortMapping custom PortMappingPorts ${gitPort}:22 access ${access}`,
  );
  await set('cache', 'Image demo/redis:7 MaxMemory 64 Restart always');
  await set('notes', 'Image demo/notes:2 SubDomain enabled SubDomainName notes WebPort 80 access public');

  tell('3. One event makes the files, and then the containers that they describe.');
  await shell.type('signal-event docker-update');
  await containers.print();

  tell('4. A run spec, and a vhost. Every file is made of fragments that an admin overrides one by one.');
  await shell.type(`cat $DOCKSMITH_ROOT/etc/docksmith/containers/${prefix}wiki.yaml`);
  await shell.type(`cat $DOCKSMITH_ROOT/etc/httpd/conf.d/zz-docksmith-2-${prefix}wiki.conf`);

  tell('5. The main job: one prop is changed, and what depends on it follows. More memory needs no restart.');
  await shell.type(`db docker_containers setprop ${prefix}wiki MaxMemory 512 && signal-event docker-update`);
  await containers.print();

  tell('6. Another host name for the notes, and more room for their log. First: what would be done?');
  await shell.type(
    `db docker_containers setprop ${prefix}notes SubDomainName notebook LogMaxSize 50m && signal-event --dry-run --diff docker-update`,
  );
  await shell.type('signal-event docker-update');
  await containers.print();

  tell('7. Again: nothing has changed, so nothing is written and nobody is called but to look.');
  await shell.type('signal-event docker-update');

  tell('8. A name that another container has: the event says so and changes nothing.');
  await shell.type(`db docker_containers setprop ${prefix}notes SubDomainName wiki && signal-event docker-update`, {
    exitCode: 1,
  });
  await containers.print();

  tell('9. What happened here.');
  await shell.type('docksmith runs');
}
