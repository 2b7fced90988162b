/** In each backup, so that it can be read where there is no docksmith. docs/backup.md has the same program. */
export const README = `This is a backup that docksmith made: a tar archive.

backup.json   what is in it
dbs/          the dbs that hold no secret, as they are on the server
sealed/0000/  the other dbs, what the admin has below /etc/docksmith, and the ledger:
              JSON, the contents in base64
sealed/0001/  the first volume of backup.json as a tar archive, and so on

What is sealed is in pieces of 16 MiB. The key is made from the passphrase by scrypt (salt, N, r
and p are in backup.json; 32 bytes). Each piece is AES-256-GCM: its last 16 bytes are the tag,
the nonce is the number of the folder and that of the piece (4 bytes each, the first byte is the
highest), three bytes 0, and a byte that is 1 for the last piece of the folder. Additional data
is the SHA-256 of backup.json. After tar -xf BACKUP, this program of Python prints a folder:

import base64, getpass, glob, hashlib, json, struct, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
about = open('backup.json', 'rb').read()
s = json.loads(about)['scrypt']
key = hashlib.scrypt(getpass.getpass().encode(), salt=base64.b64decode(s['salt']),
                     n=s['N'], r=s['r'], p=s['p'], dklen=32, maxmem=2**30)
pieces = sorted(glob.glob('sealed/' + sys.argv[1] + '/*'))
for n, name in enumerate(pieces):
    nonce = struct.pack('>II3xB', int(sys.argv[1]), n, n == len(pieces) - 1)
    sys.stdout.buffer.write(AESGCM(key).decrypt(nonce, open(name, 'rb').read(),
                                                hashlib.sha256(about).digest()))
`;
