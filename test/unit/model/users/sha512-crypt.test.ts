import { expect, it } from 'vitest';
import { sha512Crypt } from '../../../../src/model/users/sha512-crypt.ts';

// from crypt(3) of glibc 2.36
it.each([
  [
    'Hello world!',
    'saltstring',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  ['', 'x', '$6$x$QSmr1Bx2g4O6BzKvdkgOcyU6H91X6I/XBv5pSalMhSPkwdH6Beo3F455xZJg0v//bxVK5F4OE5k1.0xuR26MK0'],
  [
    'open: sesame, $1',
    'abcdefgh12345678',
    '$6$abcdefgh12345678$iA2yqLk4RxPt0eXqvH1y5S5LTaYYThQF4Vf7twvhgrk0HZYi9zmfMn/O1Mj1UJIW/aaYKWf8CoowzwgOjfp8h/',
  ],
  [
    'ü'.repeat(70),
    'saltsalt',
    '$6$saltsalt$I/TziApqO58vP4cK7/F2Jlvi69v0eAaQ55f2NOeNoQxoarHoed.kVEwkM0kugWBdApgGekiitdi4Gyu.TEQvX.',
  ],
])('the password %j is kept as crypt(3) keeps it', (password, salt, kept) => {
  expect(sha512Crypt(password, salt)).toBe(kept);
});
