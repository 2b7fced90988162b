package esmith::HostsDB;

use strict;
use warnings;
use base 'esmith::DB::db';

sub default_name { return 'hosts' }

sub hosts { my ($self) = @_; return $self->get_all_by_prop(type => 'host') }

# Those whose names have one label in front of the domain.
sub get_hosts_by_domain {
    my ($self, $domain) = @_;
    return grep { $_->key =~ /^[^.]+\.\Q$domain\E$/ } $self->hosts;
}

1;
