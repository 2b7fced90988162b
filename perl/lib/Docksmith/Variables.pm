package Docksmith::Variables;

# The records of configuration as the variables of a template, and the parameters.
use strict;
use warnings;
use Docksmith::Dbs;

sub new {
    my ($class, $package, $parameters) = @_;
    my $self = bless { package => $package, parameters => $parameters, changed => [], hashes => {} }, $class;
    my $lines = Docksmith::Dbs::lines('configuration');
    foreach my $key (keys %{$lines}) {
        next if $key =~ /::|'/ || exists $parameters->{$key};
        tie my $value, 'Docksmith::Value', $key, $self->{changed};
        $self->install($key, \$value);
        next if $lines->{$key} !~ /\|/;
        tie my %props, 'Docksmith::Props', $key;
        $self->install($key, \%props);
        $self->{hashes}{$key} = 1;
    }
    ref $parameters->{$_} && $self->install($_, $parameters->{$_}) foreach keys %{$parameters};
    require esmith::ConfigDB;
    my $db = esmith::ConfigDB->open_ro;
    $self->install('DB', \$db);
    return $self;
}

sub install {
    my ($self, $name, $thing) = @_;
    no strict 'refs';
    *{"$self->{package}::$name"} = $thing;
}

# Single values are set anew before each fragment; a name that is no record may become one.
sub renew {
    my ($self, $text) = @_;
    $_->reset foreach splice @{ $self->{changed} };
    foreach my $name (keys %{ $self->{parameters} }) {
        my $value = $self->{parameters}{$name};
        $self->install($name, \$value) if !ref $value;
    }
    Docksmith::Dbs::note('configuration') if $text =~ /[\$\@%&*]\s*(?:\$|\{\s*(?:[^\w\s'"^}]|['"][^'"]*[\$\@]))|\beval\b/;
    while ($text =~ /[\$\@%]\{?\s*['"]?([A-Za-z_][\w.-]*)/g) {
        my $name = $1;
        next if $self->{hashes}{$name} || exists $self->{parameters}{$name};
        Docksmith::Dbs::note('configuration', $name);
        Docksmith::Dbs::note('configuration', $name, undef, '*');
    }
}

package Docksmith::Value;

sub TIESCALAR { my ($class, $key, $changed) = @_; return bless { key => $key, changed => $changed }, $class }

sub FETCH {
    my ($self) = @_;
    return $self->{value} if $self->{is_set};
    Docksmith::Dbs::note_whole('configuration', $self->{key});
    return Docksmith::Dbs::lines('configuration')->{ $self->{key} };
}

sub STORE {
    my ($self, $value) = @_;
    push @{ $self->{changed} }, $self if !$self->{is_set};
    @{$self}{qw(is_set value)} = (1, $value);
}

sub reset { my ($self) = @_; $self->{is_set} = 0 }

package Docksmith::Props;

sub TIEHASH {
    my ($class, $key) = @_;
    my $line = Docksmith::Dbs::lines('configuration')->{$key};
    return bless { key => $key, props => { %{ Docksmith::Dbs::props_of($line) }, type => Docksmith::Dbs::type_of($line) } },
        $class;
}

sub note {
    my ($self, $prop) = @_;
    Docksmith::Dbs::note('configuration', $self->{key}, $prop eq 'type' ? undef : $prop);
}

sub FETCH { my ($self, $prop) = @_; $self->note($prop); return $self->{props}{$prop} }
sub STORE { my ($self, $prop, $value) = @_; $self->{props}{$prop} = $value }
sub EXISTS { my ($self, $prop) = @_; $self->note($prop); return exists $self->{props}{$prop} }
sub DELETE { my ($self, $prop) = @_; $self->note($prop); return delete $self->{props}{$prop} }
sub CLEAR { my ($self) = @_; $self->{props} = {} }
sub SCALAR { my ($self) = @_; return scalar %{ $self->{props} } }

sub FIRSTKEY {
    my ($self) = @_;
    Docksmith::Dbs::note_whole('configuration', $self->{key});
    $self->{names} = [sort keys %{ $self->{props} }];
    return shift @{ $self->{names} };
}
sub NEXTKEY { my ($self) = @_; return shift @{ $self->{names} } }

1;
