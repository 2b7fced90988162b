# Writes a db as the original Perl library does: flock on DB.lock, read, write aside, rename,
# unlock, and only then unlink the lock file. Arguments: the db's file, a key's prefix, a count.
use strict; use warnings; use Fcntl qw(:flock);
my ($file, $prefix, $count) = @ARGV;
for my $n (1 .. $count) {
    open(my $lock, '>>', "$file.lock") or die "open $file.lock: $!";
    flock($lock, LOCK_EX) or die "flock $file.lock: $!";
    my %record;
    open(my $in, '<', $file) or die "open $file: $!";
    while (<$in>) { chomp; next if /^\s*(#|$)/; my ($key, $value) = split /=/, $_, 2; $record{$key} = $value; }
    close $in;
    $record{"$prefix$n"} = 'perl';
    open(my $out, '>', "$file.$$") or die "open $file.$$: $!";
    print $out "$_=$record{$_}\n" for sort keys %record;
    close $out or die "close $file.$$: $!";
    rename("$file.$$", $file) or die "rename $file.$$: $!";
    flock($lock, LOCK_UN);
    unlink "$file.lock";
}
