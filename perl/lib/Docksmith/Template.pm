package Docksmith::Template;

# One template: its fragments share the variables and functions of a package.
no warnings qw(once);
use strict;
use warnings;
use Docksmith::Blocks;
use Docksmith::Variables;

my $count = 0;

sub new {
    my ($class, $path, $parameters) = @_;
    my $package = 'Docksmith::T' . ++$count;
    return bless { package => $package, variables => Docksmith::Variables->new($package, $parameters) }, $class;
}

# Expands one fragment, and tells its pieces one by one. Dies where the fragment does.
sub expand {
    my ($self, $fragment, $tell) = @_;
    my ($name, $text) = @{$fragment}{qw(name text)};
    $self->{variables}->renew($text);
    foreach my $part (Docksmith::Blocks::parse($name, $text)) {
        my ($kind, $line, $source) = @{$part};
        $self->{line} = $line;
        my $value = $kind eq 'text' ? $source : $self->evaluate($name, $line, $source);
        $tell->($kind, $name, $line, $value);
    }
}

sub evaluate {
    my ($self, $name, $line, $source) = @_;
    local $Docksmith::Eval::code = "package $self->{package}; no strict; no warnings;\n#line $line \"$name\"\n$source\n";
    local $Docksmith::Eval::value;
    local $@;
    {
        local $_;
        Docksmith::Eval::run();
    }
    my $error = $@;
    die ref $error ? "$error\n" : $error if $error ne '';
    return defined $Docksmith::Eval::value ? "$Docksmith::Eval::value" : '';
}

# A template within another one, as a text. As in the original it is lost whole, and undefined, where one of its
# fragments dies or comes to nothing or to 0.
sub expand_nested {
    my ($path, $parameters) = @_;
    my $template = __PACKAGE__->new($path, $parameters);
    my $whole = '';
    foreach my $fragment (Docksmith::Job::fragments_of($path)) {
        my $text = '';
        my $ended = eval { $template->expand($fragment, sub { $text .= $_[3] }); 1 };
        if (!$ended || !$text) {
            warn $ended ? "$fragment->{name} comes to nothing, and template $path is lost\n" : $@;
            return undef;
        }
        $whole .= $text;
    }
    return $whole;
}

1;
