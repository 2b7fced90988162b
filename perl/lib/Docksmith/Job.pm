package Docksmith::Job;

# What comes in and goes out: fields, each as its length in bytes, a newline and the bytes; a message is the number of
# its fields, and the fields.
use strict;
use warnings;

my $out;
my %templates;

sub begin { $out = shift }

# {path, parameters: {name -> text, list or hash}, templates: {path -> [{name, text}]}}
sub read_job {
    my ($in) = @_;
    my %job = (parameters => {}, templates => \%templates);
    while (my ($kind, @fields) = read_message($in)) {
        last if $kind eq 'end';
        if ($kind eq 'template') {
            $job{path} = $fields[0] if !defined $job{path};
            $templates{ $fields[0] } = [];
        }
        elsif ($kind eq 'fragment') {
            push @{ $templates{ $fields[0] } }, { name => $fields[1], text => $fields[2] };
        }
        elsif ($kind eq 'text') { $job{parameters}{ $fields[0] } = $fields[1] }
        elsif ($kind eq 'list') { my $name = shift @fields; $job{parameters}{$name} = [@fields] }
        elsif ($kind eq 'hash') { my $name = shift @fields; $job{parameters}{$name} = {@fields} }
    }
    return \%job;
}

# The fragments of another template: who is asked for one that the job does not have ends here, and is run again with it.
sub fragments_of {
    my ($path) = @_;
    if (!$templates{$path}) {
        report('template', $path);
        report('end');
        close $out;
        exit 0;
    }
    return @{ $templates{$path} };
}

sub read_message {
    my ($in) = @_;
    my $count = <$in>;
    return unless defined $count;
    return map {
        my $size = <$in>;
        my $field = '';
        read($in, $field, $size) if $size > 0;
        $field;
    } 1 .. $count;
}

sub report {
    my $message = @_ . "\n";
    foreach (@_) {
        my $field = $_;
        utf8::encode($field) if utf8::is_utf8($field);
        $message .= length($field) . "\n" . $field;
    }
    print {$out} $message or die "descriptor 3: $!";
}

# A piece of the output with where it comes from, after what was read for it.
sub report_piece {
    my ($kind, $name, $line, $text) = @_;
    report('read', map { defined $_ ? "+$_" : '-' } @{$_}) foreach Docksmith::Dbs::take_reads();
    report($kind, $name, $line, $text);
}

1;
