package esmith::DomainsDB;

use strict;
use warnings;
use base 'esmith::DB::db';

sub default_name { return 'domains' }

sub domains { my ($self) = @_; return $self->get_all_by_prop(type => 'domain') }

1;
