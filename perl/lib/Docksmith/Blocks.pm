package Docksmith::Blocks;

# A fragment as texts and blocks: [kind, line, source]. Blocks are found by counting braces, in strings and comments
# too; a backslash counts only in front of a brace, where it hides it, and in front of such a one.
use strict;
use warnings;

sub parse {
    my ($name, $text) = @_;
    my (@parts, $opened);
    my ($depth, $line, $begun, $part) = (0, 1, 1, '');
    foreach my $token (split /(\\+(?=[{}])[{}]|[{}]|\n)/, $text) {
        if ($token =~ /^(\\*)([{}])\z/) {
            my ($backslashes, $brace) = (length $1, $2);
            $part .= '\\' x int($backslashes / 2);
            if ($backslashes % 2) { $part .= $brace }
            elsif ($brace eq '{') {
                if ($depth++ == 0) {
                    push @parts, ['text', $begun, $part] if $part ne '';
                    ($part, $begun, $opened) = ('', $line, $line);
                }
                else { $part .= $brace }
            }
            elsif ($depth == 0) { die "unmatched close brace at $name line $line.\n" }
            elsif (--$depth == 0) {
                push @parts, ['block', $begun, $part];
                ($part, $begun) = ('', $line);
            }
            else { $part .= $brace }
        }
        else {
            $part .= $token;
            $line++ if $token eq "\n";
        }
    }
    die "unmatched open brace at $name line $opened.\n" if $depth > 0;
    push @parts, ['text', $begun, $part] if $part ne '';
    return @parts;
}

1;
