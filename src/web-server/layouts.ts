/** How a distribution lays Apache's files out. */
export type Layout = 'redhat' | 'debian' | 'sme';

/** Props of the record `httpd` that follow from the layout. */
export interface LayoutProps {
  readonly ConfDir: string;
  readonly DocumentRoot: string;
  readonly CheckCommand: string;
  readonly ServiceName: string;
}

/** Where each distribution keeps Apache's files, and how its Apache is told to check and to read them again. */
export const LAYOUTS: Readonly<Record<Layout, LayoutProps>> = {
  redhat: {
    ConfDir: '/etc/httpd/conf.d',
    DocumentRoot: '/var/www/html',
    CheckCommand: 'httpd -t',
    ServiceName: 'httpd',
  },
  debian: {
    ConfDir: '/etc/apache2/sites-enabled',
    DocumentRoot: '/var/www/html',
    CheckCommand: 'apache2ctl -t',
    ServiceName: 'apache2',
  },
  sme: {
    // not `conf.d`: SME Server's httpd.conf includes what our fragment of it names, behind its own sites
    ConfDir: '/etc/httpd/docksmith.d',
    DocumentRoot: '/home/e-smith/files/ibays/Primary/html',
    CheckCommand: 'httpd -t',
    ServiceName: 'httpd-e-smith',
  },
};

/** Whose processes answer requests, and read the files of users and passwords. */
export const APACHE_USERS: Readonly<Record<Layout, string>> = { redhat: 'apache', debian: 'www-data', sme: 'www' };

/** The templates of Apache's files that lead to containers; of several a host has those of its layout. */
export const SITE_TEMPLATES: Readonly<Record<'vhost' | 'primary', readonly string[]>> = {
  vhost: ['/etc/httpd/docksmith/vhost'],
  primary: ['/etc/httpd/docksmith/primary', '/etc/httpd/docksmith/sme-https', '/etc/httpd/docksmith/sme-http'],
};

/** Where an SME Server keeps its certificate and key, unless modSSL says another place. */
export function certificateOfSme(host: string): { readonly crt: string; readonly key: string } {
  return { crt: `/home/e-smith/ssl.crt/${host}.crt`, key: `/home/e-smith/ssl.key/${host}.key` };
}

export function isLayout(text: string): text is Layout {
  return Object.hasOwn(LAYOUTS, text);
}

/**
 * By the folders that are there; SME Server is laid out as Red Hat's, so it comes first.
 * @param has whether a path is there
 */
export function findLayout(has: (name: string) => boolean): Layout | undefined {
  if (has('/etc/e-smith') && has('/etc/httpd')) return 'sme';
  if (has('/etc/httpd/conf.d')) return 'redhat';
  return has('/etc/apache2/sites-enabled') ? 'debian' : undefined;
}

/** Whether an Apache is installed, by its own configuration. */
export function isInstalled(has: (name: string) => boolean): boolean {
  return ['/etc/httpd/conf/httpd.conf', '/etc/apache2/apache2.conf'].some(has);
}
