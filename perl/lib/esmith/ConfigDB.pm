package esmith::ConfigDB;

use strict;
use warnings;
use base 'esmith::DB::db';

sub default_name { return 'configuration' }

sub hosts_allow_spec {
    my ($self, $service, $daemon) = @_;
    require esmith::util;
    my $status = $self->get_prop($service, 'status') || 'disabled';
    return "# '$service' is disabled in the configuration database" if $status ne 'enabled';
    require esmith::NetworksDB;
    my @hosts = esmith::util::local_access_spec($self->get_prop($service, 'access'));
    return (defined $daemon ? $daemon : $service) . ": @hosts";
}

1;
