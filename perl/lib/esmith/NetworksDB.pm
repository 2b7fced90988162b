package esmith::NetworksDB;

use strict;
use warnings;
use base 'esmith::DB::db';

sub default_name { return 'networks' }

sub networks { my ($self) = @_; return $self->get_all_by_prop(type => 'network') }

# A list, or a text with blanks between.
sub local_access_spec {
    my ($self, $access) = @_;
    require esmith::util;
    my @spec = esmith::util::local_access_spec($access);
    return wantarray ? @spec : "@spec";
}

1;
