import type { Container } from '../../model/container.ts';
import { formatNetwork, listLocalNetworks } from '../../model/network/network.ts';
import { listUrls } from '../../model/urls.ts';
import { listRequires } from '../../web-server/requires.ts';
import type { Audience } from './declared-ports.ts';

/** A way over Apache to a container: its vhost, or a path of the primary host. */
export interface ExposedUrl {
  readonly url: string;
  /** whom the record wants to reach it */
  readonly declared: Audience;
  /** as the installed file has it: `ip 127.0.0.0/8 ::1`, `all granted`, `valid-user`; each once */
  readonly requires: readonly string[];
  readonly reached: Audience;
  /** visitors have to log in, with a possible exception for the local networks */
  readonly hasPassword: boolean;
  readonly mismatches: readonly string[];
}

/** A file of ours with vhosts in it. */
export interface SiteFile {
  readonly path: string;
  /** undefined: it is not there */
  readonly text: string | undefined;
  /** it is not what docksmith wrote */
  readonly isEdited: boolean;
  /** Apache was not told of it yet */
  readonly isPending: boolean;
}

/**
 * What leads to a container on the web, by the URLs of its record. Pure.
 * @param site by the template that the file is made of; undefined: docksmith has made none
 */
export function listExposedUrls(
  container: Container,
  site: (of: 'vhost' | 'primary') => SiteFile | undefined,
): readonly ExposedUrl[] {
  return listUrls(container).map((url) => {
    const path = new URL(url).pathname;
    // a vhost leads to the container as a whole, a path of the primary host by that alone
    const of = path === '/' || !container.webAliases.some((alias) => path === `/${alias}/`) ? 'vhost' : 'primary';
    return judge(container, { url, path }, site(of));
  });
}

function judge(
  container: Container,
  { url, path }: { readonly url: string; readonly path: string },
  site: SiteFile | undefined,
): ExposedUrl {
  const declared: Audience = container.isPublic ? 'everybody' : 'local networks';
  if (site?.text === undefined)
    return {
      url,
      declared,
      requires: [],
      reached: 'nobody',
      hasPassword: false,
      mismatches: ['no installed vhost leads to it'],
    };
  const requires = listRequires(site.text, path);
  const networks = requires
    .flatMap((require) => (require.startsWith('ip ') ? require.split(' ').slice(1) : []))
    .filter((network) => network !== '127.0.0.0/8' && network !== '::1');
  const hasPassword = requires.some((require) => require === 'valid-user' || require.startsWith('user '));
  const isOpen = requires.includes('all granted') || (hasPassword && declared === 'everybody');
  const reached: Audience =
    requires.length === 0 ? 'nobody' : isOpen ? 'everybody' : networks.length > 0 ? 'local networks' : 'this host';
  const local = [...listLocalNetworks(container.snapshot).values()].map(formatNetwork);
  const wantsPassword = container.asksPassword && (declared === 'everybody' || container.asksLocalPassword);
  return {
    url,
    declared,
    requires,
    reached,
    hasPassword,
    mismatches: [
      ...(requires.length === 0 ? [`${site.path} has no Require for it`] : []),
      ...(isOpen && declared !== 'everybody' ? [`${site.path} lets everybody in`] : []),
      ...(!isOpen && requires.length > 0 && declared === 'everybody'
        ? [`${site.path} admits only the local networks, and the record says public`]
        : []),
      ...(declared === 'everybody' || isOpen || requires.length === 0
        ? []
        : [
            ...networks
              .filter((network) => !local.includes(network))
              .map((network) => `${site.path} lets ${network} in, which is none of db networks`),
            ...local
              .filter((network) => !networks.includes(network))
              .map((network) => `${site.path} keeps ${network} of db networks out`),
          ]),
      ...(wantsPassword && !hasPassword && requires.length > 0 ? [`${site.path} asks for no password`] : []),
      ...(site.isEdited ? [`${site.path} was changed by hand`] : []),
      ...(site.isPending ? [`Apache did not read ${site.path} yet: the next event reloads it`] : []),
    ],
  };
}
