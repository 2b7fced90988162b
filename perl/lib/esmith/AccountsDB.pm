package esmith::AccountsDB;

use strict;
use warnings;
use base 'esmith::DB::db';

sub default_name { return 'accounts' }

sub users { my ($self) = @_; return $self->get_all_by_prop(type => 'user') }
sub groups { my ($self) = @_; return $self->get_all_by_prop(type => 'group') }
sub ibays { my ($self) = @_; return $self->get_all_by_prop(type => 'ibay') }
sub printers { my ($self) = @_; return $self->get_all_by_prop(type => 'printer') }
sub pseudonyms { my ($self) = @_; return $self->get_all_by_prop(type => 'pseudonym') }

1;
