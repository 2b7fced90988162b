import { Failure } from '../../base/errors.ts';
import type { Facts } from '../../host/facts.ts';
import type { Container } from '../../model/container.ts';
import { isLoopback } from '../../base/loopback.ts';
import { listListening } from '../../model/network/filtered-ports.ts';
import { NotAccepted } from '../../model/network/parse-ports.ts';
import { addressesOf } from '../../model/network/access.ts';
import { publishedPorts } from '../../model/network/ports.ts';
import { backEndPort } from '../../model/web.ts';

/** Who can reach something, from few to many. `web nodes`: the nodes of a swarm that run Apache for services. */
export type Audience = 'nobody' | 'this host' | 'web nodes' | 'local networks' | 'everybody';

/** A port of the host, as a record asks for it. */
export interface DeclaredPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** of a published one, that of the container */
  readonly inside?: number;
  readonly kind: 'published' | 'host';
  /** where it is to answer; undefined: on all addresses */
  readonly addresses: readonly string[] | undefined;
  /** whom it is for; undefined: no record names the port */
  readonly declared: Audience | undefined;
}

/**
 * The ports that a container is to have by its record: published ones, those that it listens on with the host's own
 * network, and the one where Apache finds it.
 * @throws Failure for a prop that does not say which ports
 */
export function listDeclaredPorts(container: Container, facts: Facts): readonly DeclaredPort[] {
  const declared = container.isPublic ? 'everybody' : 'local networks';
  try {
    const web = container.hasWeb && container.hasOwnPorts ? backEndPort(container, facts) : undefined;
    return [
      ...publishedPorts(container, facts).map(({ host: port, container: inside, protocol, address }): DeclaredPort => {
        const bound = addressesOf(container, { address });
        return {
          port,
          protocol,
          inside,
          kind: 'published',
          addresses: bound,
          declared: bound?.every(isLoopback) === true ? 'this host' : declared,
        };
      }),
      ...listListening(container, facts).map(
        ({ port, protocol }): DeclaredPort => ({ port, protocol, kind: 'host', addresses: undefined, declared }),
      ),
      ...(web === undefined
        ? []
        : [
            { port: web, protocol: 'tcp', kind: 'published', addresses: ['127.0.0.1'], declared: 'this host' } as const,
          ]),
    ];
  } catch (error) {
    if (error instanceof NotAccepted)
      throw new Failure(`cannot tell the ports of container "${container.key}"`, {
        why: `${error.prop} ${JSON.stringify(error.value)}: ${error.message}`,
      });
    throw error;
  }
}
