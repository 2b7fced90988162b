package esmith::DB::db;

# The dbs as objects, for reading alone: stands in where e-smith's own library is not installed.
use strict;
use warnings;
use Docksmith::Dbs;
use esmith::DB::db::Record;

our ($VERSION, $Error) = (1, undef);

sub open_ro {
    my ($class, $name) = @_;
    $name = $class->default_name if !defined $name;
    $name =~ s{^/home/e-smith/db/}{} if defined $name;
    if (!defined $name || !Docksmith::Dbs::is_there($name)) {
        Docksmith::Dbs::note($name) if defined $name;
        $Error = 'there is no such db';
        return undef;
    }
    return bless { name => $name }, $class;
}

sub open { goto &open_ro }
sub open_ro_local { goto &open_ro }
sub open_local { goto &open_ro }
sub load { goto &open_ro }
sub error { return $Error }
sub default_name { return undef }
sub reload { return 1 }
sub is_ro { return 1 }
sub file { my ($self) = @_; return "/home/e-smith/db/$self->{name}" }

sub get {
    my ($self, $key) = @_;
    return undef if !defined $key;
    return defined Docksmith::Dbs::line($self->{name}, $key) ? esmith::DB::db::Record->new($self, $key) : undef;
}

sub get_value { my ($self, $key) = @_; my $record = $self->get($key); return $record ? $record->value : undef }
sub get_prop { my ($self, $key, $prop) = @_; my $record = $self->get($key); return $record ? $record->prop($prop) : undef }

sub keys {
    my ($self) = @_;
    Docksmith::Dbs::note($self->{name});
    return sort(keys %{ Docksmith::Dbs::lines($self->{name}) });
}

# All records, or those of a type, in byte order of their keys.
sub get_all {
    my ($self, $type) = @_;
    my @records = map { esmith::DB::db::Record->new($self, $_) } $self->keys;
    return defined $type ? grep { $_->prop('type') eq $type } @records : @records;
}

# A value is a pattern, and one of those that stand in a prop between commas.
sub get_all_by_prop {
    my ($self, @wanted) = @_;
    my @found;
    RECORD: foreach my $record ($self->get_all) {
        for (my $n = 0; $n < @wanted; $n += 2) {
            my $value = $record->prop($wanted[$n]);
            next RECORD if !defined $value || $value !~ /(?:^|,)$wanted[$n + 1](?:,|$)/;
        }
        push @found, $record;
    }
    return @found;
}

sub as_hash {
    my ($self) = @_;
    return map { my $record = $_; ($record->key => { $record->props }) } $self->get_all;
}

our $AUTOLOAD;

sub AUTOLOAD {
    my ($self) = @_;
    my ($name) = $AUTOLOAD =~ /(\w+)$/;
    return if $name eq 'DESTROY';
    die "a template does not write dbs: $name\n" if $name =~ /^(?:set_|new_|delete|create|get_prop_and_delete|write|merge)/;
    # users, groups, domains, hosts, networks: the records of that type
    die ref($self) . " has no $name here: the package e-smith-lib has it\n";
}

1;
