package esmith::templates;

# What fragments call of esmith::templates: another template as a text. No files are written from here.
use strict;
use warnings;
use Exporter 'import';
use Docksmith::Template;

our @EXPORT = qw(processTemplate);
our @EXPORT_OK = @EXPORT;
our $VERSION = 1;

sub processTemplate {
    my %options = %{ $_[0] };
    my ($path, $type, $more) = delete @options{qw(TEMPLATE_PATH OUTPUT_TYPE MORE_DATA)};
    die "processTemplate takes TEMPLATE_PATH\n" if !defined $path;
    die "processTemplate gives a text here: OUTPUT_TYPE => 'string'\n" if ($type || 'file') ne 'string';
    delete $options{OUTPUT_FILENAME};
    die "processTemplate takes no @{[sort keys %options]} here\n" if %options;
    return Docksmith::Template::expand_nested($path, $more || {});
}

1;
