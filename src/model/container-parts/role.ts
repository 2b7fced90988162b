import { parseTargets, type Target } from '../links/targets.ts';
import { ContainerDeployment } from './deployment.ts';

/** What a record of `docker_containers` says that the container is there for. */
export abstract class ContainerRole extends ContainerDeployment {
  /** What it is there for. */
  get role(): string {
    return this.get('Role') || 'service';
  }

  /** What it is a part of; undefined: it stands alone. */
  get application(): string | undefined {
    return this.get('Application') || undefined;
  }

  /** Whether it is created only: others have its volumes. */
  get isDataOnly(): boolean {
    return this.role === 'data';
  }

  /** Whether it runs to its end when it is asked to. */
  get isJob(): boolean {
    return this.role === 'job';
  }

  /** When something is done to it, by prop; as it is written, and empty where it is not set. */
  get clock(): Readonly<Record<'StartAt' | 'StopAt' | 'RestartAt' | 'UpdateAt' | 'RunAt', string>> {
    return {
      StartAt: this.get('StartAt'),
      StopAt: this.get('StopAt'),
      RestartAt: this.get('RestartAt'),
      UpdateAt: this.get('UpdateAt'),
      RunAt: this.get('RunAt'),
    };
  }

  /** Whether a missed run is made up for. */
  get isPersistent(): boolean {
    return this.get('Persistent') === 'yes';
  }

  /** Why nobody can count on reaching it; undefined: it is meant to run all the time. */
  get whyNotUp(): string | undefined {
    return this.isDataOnly ? 'it never runs' : this.isJob ? 'it runs only when it is asked to' : undefined;
  }

  /** Whether it is started before all others are looked at, since it may start some itself. */
  get isDom0(): boolean {
    return this.role === 'dom0';
  }

  /** Whether it hands on what comes to its ports to other containers or hosts. */
  get isAmbassador(): boolean {
    return this.role === 'ambassador';
  }

  /** As it is written. */
  get target(): string {
    return this.get('Target');
  }

  /** Of an ambassador. */
  get targets(): readonly Target[] {
    return this.isAmbassador ? parseTargets(this.target) : [];
  }

  /** none, connect or listen: on which side of an ambassador TLS is spoken. */
  get targetTls(): string {
    return this.get('TargetTLS') || 'none';
  }

  get targetCA(): string {
    return this.get('TargetCA');
  }
}
