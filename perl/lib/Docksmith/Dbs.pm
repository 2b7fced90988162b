package Docksmith::Dbs;

# The dbs as they were handed over, and what was read of them.
use strict;
use warnings;
use Symbol ();

my $folder;
my (%dbs, %reads, @order);

sub begin {
    ($folder) = @_;
    # e-smith's own libraries open the files of dbs themselves: the whole db counts as read then
    no warnings 'once';
    *CORE::GLOBAL::open = sub (*;$@) {
        my $file = @_ > 2 ? $_[2] : defined $_[1] && $_[1] =~ /^\s*\+?[<>]*\s*(.*?)\s*$/ ? $1 : '';
        note($1) if defined $file && !ref $file && $file =~ m{^(?:\Q$folder\E|/home/e-smith/db)/([^/]+)$};
        if (ref $_[0] || !defined $_[0]) {
            return @_ == 1 ? CORE::open($_[0]) : @_ == 2 ? CORE::open($_[0], $_[1])
                : CORE::open($_[0], $_[1], @_[2 .. $#_]);
        }
        my $handle = Symbol::qualify_to_ref($_[0], scalar caller);
        return @_ == 1 ? CORE::open($handle) : @_ == 2 ? CORE::open($handle, $_[1])
            : CORE::open($handle, $_[1], @_[2 .. $#_]);
    };
}

# Notes what was read: a db; a key, for its type or whether it is there; a prop; or the names of all props, '*'.
sub note {
    my ($db, $key, $prop, $filter) = @_;
    my $name = join "\0", map { defined $_ ? "+$_" : '-' } $db, $key, $prop, $filter;
    return if $reads{$name}++;
    push @order, [$db, $key, $prop, $filter];
}

# What was read since the last time.
sub take_reads {
    my @taken = @order;
    @order = %reads = ();
    return @taken;
}

# key -> what the line of the record holds, of all of the db; nothing is noted
sub lines {
    my ($db) = @_;
    return $dbs{$db} if $dbs{$db};
    my %lines;
    if (CORE::open(my $in, '<', name_of($db))) {
        while (my $line = <$in>) {
            chomp $line;
            next if $line =~ /^\s*(?:#|$)/;
            my ($key, $value) = split /=/, $line, 2;
            $value = '' if !defined $value;
            $value =~ s/\\n/\n/g;
            $lines{$key} = $value;
        }
    }
    return $dbs{$db} = \%lines;
}

sub is_there { -e name_of($_[0]) }

sub name_of { my ($db) = @_; $db =~ m{/} ? $db : "$folder/$db" }

# The line of one record, or undefined.
sub line {
    my ($db, $key) = @_;
    note($db, $key);
    return lines($db)->{$key};
}

sub type_of { my ($line) = @_; my ($type) = split_line($line); return $type }

# name -> value of its props, without the type
sub props_of { my ($line) = @_; my (undef, %props) = split_line($line); return \%props }

sub split_line {
    my ($line) = @_;
    my @fields = split /(?<!\\)\|/, $line, -1;
    push @fields, '' if !@fields;
    pop @fields if @fields % 2 == 0;
    s/\\\|/|/g foreach @fields;
    return @fields;
}

# A value with all that is in it: it is read, and so is each of its props.
sub note_whole {
    my ($db, $key) = @_;
    note($db, $key);
    note($db, $key, undef, '*');
    my $line = lines($db)->{$key};
    note($db, $key, $_) foreach sort keys %{ defined $line ? props_of($line) : {} };
}

1;
