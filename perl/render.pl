# Renders the Perl fragments of a template: a job on standard input, what came of it on descriptor 3.
# Arguments: the folder of this program, the folder of the dbs. The messages are those of src/template/perl/messages.ts.
package Docksmith::Eval;

# Above all else in this file, so that a fragment sees no variable of ours but the one that it is to see.
sub run {
    my $OUT;
    $Docksmith::Eval::value = eval $Docksmith::Eval::code;
    $Docksmith::Eval::value = $OUT if defined $OUT;
}

package main;
use strict;
use warnings;

BEGIN {
    # e-smith's own libraries where they are installed, else ours; templates are always expanded by us
    unshift @INC, "$ARGV[0]/first";
    push @INC, "$ARGV[0]/lib";
    require Docksmith::Dbs;
    Docksmith::Dbs::begin($ARGV[1]);
}
use Docksmith::Job;
use Docksmith::Template;
use esmith::ConfigDB;
use esmith::util;

open(my $out, '>&=', 3) or die "descriptor 3: $!";
binmode $_ for $out, *STDIN;
Docksmith::Job::begin($out);
my $job = Docksmith::Job::read_job(\*STDIN);
$SIG{__WARN__} = sub { Docksmith::Job::report('warning', $_[0]) };

my $template = Docksmith::Template->new($job->{path}, $job->{parameters});
foreach my $fragment (@{ $job->{templates}{ $job->{path} } }) {
    my $ended = eval { $template->expand($fragment, \&Docksmith::Job::report_piece); 1 };
    next if $ended;
    Docksmith::Job::report('failure', $fragment->{name}, $template->{line} || 1, $@);
    last;
}
Docksmith::Job::report('end');
close $out or die "descriptor 3: $!";
