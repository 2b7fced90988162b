# Writes a db as the original Perl library does: flock on DB.lock, read, write aside, rename,
# unlock, and only then unlink the lock file. Arguments: the db's file, a key's prefix, a count,
# seconds between two writes. The n-th write sets PREFIXm to n, where m is n modulo 500. Ends earlier
# when its standard input does, and prints how many it wrote.
use strict; use warnings; use Fcntl qw(:flock); use IO::Select; use Time::HiRes qw(sleep);
my ($file, $prefix, $count, $pause) = (@ARGV, 0);
my $input = IO::Select->new(\*STDIN);
my $written = 0;
while ($written < $count && ($pause == 0 || !$input->can_read(0))) {
    open(my $lock, '>>', "$file.lock") or die "open $file.lock: $!";
    flock($lock, LOCK_EX) or die "flock $file.lock: $!";
    my %record;
    open(my $in, '<', $file) or die "open $file: $!";
    while (<$in>) { chomp; next if /^\s*(#|$)/; my ($key, $value) = split /=/, $_, 2; $record{$key} = $value; }
    close $in;
    $written++;
    $record{$prefix . $written % 500} = $written;
    open(my $out, '>', "$file.$$") or die "open $file.$$: $!";
    print $out "$_=$record{$_}\n" for sort keys %record;
    close $out or die "close $file.$$: $!";
    rename("$file.$$", $file) or die "rename $file.$$: $!";
    flock($lock, LOCK_UN);
    unlink "$file.lock";
    sleep $pause if $pause;
}
print "$written\n";
