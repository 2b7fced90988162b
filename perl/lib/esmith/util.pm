package esmith::util;

# What fragments call of esmith::util: arithmetic with IPv4 networks.
use strict;
use warnings;
use Exporter 'import';

our $VERSION = 1;
our @EXPORT_OK = qw(computeNetworkAndBroadcast computeLocalNetworkSpec computeLocalNetworkShortSpec
    computeLocalNetworkReversed computeAllLocalNetworkPrefixes computeLocalAccessSpec);

sub to_number { my $number = 0; $number = $number * 256 + $_ foreach split /\./, $_[0]; return $number }
sub to_address { my ($number) = @_; return join '.', map { ($number >> $_) & 255 } 24, 16, 8, 0 }
sub bits_of { my ($mask) = @_; my $bits = sprintf '%b', to_number($mask); return $bits =~ tr/1// }

sub computeNetworkAndBroadcast {
    my ($address, $mask) = @_;
    my $bits = to_number($mask);
    my $network = to_number($address) & $bits;
    return (to_address($network), to_address($network | (~$bits & 0xffffffff)));
}

sub network_of { my ($network) = computeNetworkAndBroadcast(@_); return $network }

sub computeLocalNetworkSpec { my ($address, $mask) = @_; return network_of($address, $mask) . "/$mask" }
sub computeLocalNetworkShortSpec { my ($address, $mask) = @_; return network_of($address, $mask) . '/' . bits_of($mask) }

# The octets that the mask covers whole, last first.
sub computeLocalNetworkReversed {
    my ($address, $mask) = @_;
    my @octets = split /\./, network_of($address, $mask);
    return join('.', reverse @octets[0 .. int(bits_of($mask) / 8) - 1]) . '.in-addr.arpa.';
}

# Every beginning of an address that lies in the network, cut after the octet in which the mask ends.
sub computeAllLocalNetworkPrefixes {
    my ($address, $mask) = @_;
    my ($network, $broadcast) = computeNetworkAndBroadcast($address, $mask);
    my $octets = int((bits_of($mask) + 7) / 8) || 1;
    my $step = 1 << (8 * (4 - $octets));
    my @prefixes;
    for (my $at = to_number($network); $at <= to_number($broadcast); $at += $step) {
        push @prefixes, join '.', (split /\./, to_address($at))[0 .. $octets - 1];
    }
    return @prefixes;
}

# Who may reach a service of that access: addresses and networks as host access files write them.
sub local_access_spec {
    my ($access) = @_;
    $access = 'private' if !defined $access || $access eq '';
    return 'ALL' if $access eq 'public';
    return '127.0.0.1' if $access eq 'localhost';
    return () if $access ne 'private';
    require esmith::NetworksDB;
    my $networks = esmith::NetworksDB->open_ro;
    return ('127.0.0.1', map {
        my ($address, $mask) = ($_->key, $_->prop('Mask'));
        $mask eq '255.255.255.255' ? $address : "$address/$mask";
    } $networks ? $networks->networks : ());
}

sub computeLocalAccessSpec {
    my (undef, undef, undef, $access) = @_;
    return join ' ', local_access_spec($access);
}

our $AUTOLOAD;

sub AUTOLOAD {
    my ($name) = $AUTOLOAD =~ /(\w+)$/;
    die "esmith::util has no $name here: the package e-smith-lib has it\n";
}

1;
