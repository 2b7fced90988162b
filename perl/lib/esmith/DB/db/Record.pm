package esmith::DB::db::Record;

use strict;
use warnings;
use Docksmith::Dbs;

sub new { my ($class, $db, $key) = @_; return bless { db => $db, key => $key }, $class }

sub key { my ($self) = @_; return $self->{key} }

sub line { my ($self) = @_; return Docksmith::Dbs::line($self->{db}{name}, $self->{key}) }

sub prop {
    my ($self, $prop) = @_;
    my ($db, $key) = ($self->{db}{name}, $self->{key});
    my $line = Docksmith::Dbs::lines($db)->{$key};
    Docksmith::Dbs::note($db, $key, $prop eq 'type' ? undef : $prop);
    return undef if !defined $line;
    return $prop eq 'type' ? Docksmith::Dbs::type_of($line) : Docksmith::Dbs::props_of($line)->{$prop};
}

sub type { my ($self) = @_; return $self->prop('type') }
sub value { my ($self) = @_; return $self->prop('type') }

# name -> value, the type with them; one that is named alone
sub props {
    my ($self, $prop) = @_;
    return $self->prop($prop) if defined $prop;
    Docksmith::Dbs::note_whole($self->{db}{name}, $self->{key});
    my $line = Docksmith::Dbs::lines($self->{db}{name})->{ $self->{key} };
    return (%{ Docksmith::Dbs::props_of($line) }, type => Docksmith::Dbs::type_of($line));
}

sub is_enabled { my ($self) = @_; return ($self->prop('status') || '') eq 'enabled' }

our $AUTOLOAD;

sub AUTOLOAD {
    my ($name) = $AUTOLOAD =~ /(\w+)$/;
    return if $name eq 'DESTROY';
    die "a template does not write dbs: $name\n" if $name =~ /^(?:set_|delete|merge|reset)/;
    die "a record has no $name here: the package e-smith-lib has it\n";
}

1;
