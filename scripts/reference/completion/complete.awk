# What can be typed at the end of a command line: prints a line for each, WORD<tab>WHAT IT IS, and <file> or <folder>
# where the shell knows better. It is called with the words typed, the last of them unfinished. No quote in here: it
# stands between two of them in bash, zsh and fish. Any awk runs it.
function offer(word, doc) {
  if ((word in offered) || (only != "" && substr(prefix word, 1, length(current)) != current)) return
  offered[word]
  print prefix word "\t" doc
}

function offerCommands(group,    n, i, name, first, parts) {
  n = split(commands, parts, "\n")
  for (i = 1; i <= n; i++) {
    name = parts[i]
    first = name
    sub(/ .*/, "", first)
    if (group == "") offer(first, first in groups ? groups[first] : docs[name])
    if (group != "" && index(name, group " ") == 1) offer(substr(name, length(group) + 2), docs[name])
  }
}

function offerOptions(    n, i, lines, part) {
  n = split(options[command], lines, "\n")
  for (i = 1; i <= n; i++) {
    split(lines[i], part, "\t")
    if (!(part[1] in used) || part[6] == "many") offer(part[1], part[5])
  }
  if (!isRaw) offer("--help", "show how it is used")
}

# the line of an option by its long or short name
function findOption(name,    n, i, lines, part) {
  n = split(options[command], lines, "\n")
  for (i = 1; i <= n; i++) {
    split(lines[i], part, "\t")
    if (part[1] == name || part[2] == name) return lines[i]
  }
  return ""
}

function takesValue(line,    part) {
  split(line, part, "\t")
  return part[3] != ""
}

# where each record of a db is: its type and props by key
function readDb(db,    file, line, at, key, value) {
  if (db in isRead) return
  isRead[db]
  file = db ~ /^\// ? db : dbFolder "/" db
  while ((getline line < file) > 0) {
    if (line ~ /^[ \t]*(#|$)/) continue
    at = index(line, "=")
    key = at ? substr(line, 1, at - 1) : line
    value = at ? substr(line, at + 1) : ""
    gsub(/\\[|]/, "\001", value)
    if (!((db, key) in records)) keys[db] = keys[db] key "\n"
    records[db, key] = value
  }
  close(file)
}

function typeOf(db, key,    value) {
  readDb(db)
  value = records[db, key]
  sub(/[|].*/, "", value)
  return value
}

function propOf(db, key, prop,    n, i, part) {
  n = split(records[db, key], part, "|")
  for (i = 2; i < n; i += 2) if (part[i] == prop) return part[i + 1]
  return ""
}

# names of DNS are in the same db
function offerHosts(    n, i, part) {
  readDb("hosts")
  n = split(keys["hosts"], part, "\n")
  for (i = 1; i < n; i++) if (typeOf("hosts", part[i]) == "docksmith") offer(part[i], "host")
}

function offerKeys(db, doc,    n, i, part) {
  readDb(db)
  n = split(keys[db], part, "\n")
  for (i = 1; i < n; i++) offer(part[i], doc == "" ? typeOf(db, part[i]) : doc)
  if (db == "configuration") {
    n = split(types[db], part, " ")
    for (i = 1; i <= n; i++) offer(part[i], "")
  }
}

function offerApplications(end,    n, i, part, name) {
  readDb("docker_containers")
  n = split(keys["docker_containers"], part, "\n")
  for (i = 1; i < n; i++) {
    name = propOf("docker_containers", part[i], "Application")
    if (name != "") offer(name end, "application")
  }
}

# names in a folder of the host
function offerNames(folder, doc,    quoted, name) {
  quoted = folder
  gsub("\047", "\047\\\047\047", quoted)
  quoted = "ls \047" quoted "\047 2>/dev/null"
  while ((quoted | getline name) > 0) if (name !~ /[.]/) offer(name, doc)
  close(quoted)
}

function offerOutputs(    file, line) {
  file = root "/var/lib/docksmith/state/ledger"
  while ((getline line < file) > 0) if (line ~ /^\//) offer(substr(line, 1, index(line, "\t") - 1), "written by docksmith")
  close(file)
}

function offerLines(text,    n, i, lines, part) {
  n = split(text, lines, "\n")
  for (i = 1; i <= n; i++) {
    split(lines[i], part, "\t")
    offer(part[1], part[2])
  }
}

# what the schema has for a record: by its type, in configuration by its key
function propsOf(db, key, type) {
  return props[db, db == "configuration" ? key : type]
}

function offerProps(db, key, type, end,    n, i, lines, part) {
  n = split(propsOf(db, key, type), lines, "\n")
  for (i = 1; i <= n; i++) {
    split(lines[i], part, "\t")
    # a name with * at its end stands for all that begin so
    if (part[1] != "type") offer(part[1] ~ /[*]$/ ? substr(part[1], 1, length(part[1]) - 1) : part[1] end, part[3])
  }
  readDb(db)
  n = split(records[db, key], part, "|")
  for (i = 2; i < n; i += 2) offer(part[i] end, "")
}

function offerValues(db, key, type, prop,    n, i, lines, part, words) {
  n = split(propsOf(db, key, type), lines, "\n")
  for (i = 1; i <= n; i++) {
    split(lines[i], part, "\t")
    if (part[1] != prop) continue
    n = split(part[2], words, " ")
    for (i = 1; i <= n; i++) offerValue(words[i])
    return
  }
}

# a value, or where several are: @container, @key:DB, with a comma behind it for lists
function offerValue(word,    kept, text) {
  if (word !~ /^@/) {
    offer(word, "")
    return
  }
  kept = prefix
  if (word ~ /,$/) {
    text = substr(current, length(prefix) + 1)
    if (match(text, /.*,/)) prefix = prefix substr(text, 1, RLENGTH)
    word = substr(word, 1, length(word) - 1)
  }
  if (word ~ /^@key:/) offerKeys(substr(word, 6), "")
  else offerKind(substr(word, 2))
  prefix = kept
}

function offerKind(kind,    db, type) {
  if (kind == "container") {
    offerKeys("docker_containers", "container")
    if (takesApplications) offerApplications("/")
  } else if (kind == "application") offerApplications("")
  else if (kind == "image") offerKeys("docker_images", "image")
  else if (kind == "host") offerHosts()
  else if (kind == "output") offerOutputs()
  else if (kind == "template") {
    offerLines(templates)
    offerOutputs()
  } else if (kind == "event") {
    offerLines(events)
    offerNames(root "/etc/docksmith/events", "of this server")
  } else if (kind == "event-argument") {
    takesApplications = 1
    if (operand[1] in eventArguments) offerKind("container")
  } else if (kind == "db") {
    offerLines(dbs)
    offerNames(dbFolder, "db")
  } else if (kind == "helper") offerLines(helpers)
  else if (kind == "recipe") offerLines(recipes)
  else if (kind == "prop-name") offerLines(propNames)
  else if (kind == "key") offerKeys(operand[1], "")
  else if (kind == "prop=") {
    db = command == "docksmith impact" ? operand[1] : "docker_containers"
    type = command == "docksmith impact" ? typeOf(db, operand[2]) : "service"
    if (match(current, /^[^=]*=/)) {
      prefix = substr(current, 1, RLENGTH)
      offerValues(db, operand[2], type, substr(prefix, 1, RLENGTH - 1))
    } else offerProps(db, operand[2], type, "=")
  } else if (kind == "file" || kind == "folder") print "<" kind ">"
}

# the kinds at a place: places are separated by semicolons, and the last `repeat` of them come again and again
function kindsAt(places, repeat, at,    n, part) {
  n = split(places, part, ";")
  if (at > n && repeat > 0) at = n - repeat + 1 + (at - n - 1) % repeat
  return part[at]
}

function offerKinds(kinds,    n, i, part) {
  n = split(kinds, part, " ")
  for (i = 1; i <= n; i++) offerKind(part[i])
}

# db DB COMMAND KEY …
function offerDbArgument(db, at,    verb, kind, key, type, n, i, part) {
  verb = operand[at]
  key = operand[at + 1]
  kind = kindsAt(dbCommands[verb], dbRepeats[verb], operands - at + 1)
  type = dbCommands[verb] ~ /^KEY;TYPE/ && operands > at + 1 ? operand[at + 2] : typeOf(db, key)
  if (kind == "KEY") offerKeys(db, "")
  else if (kind == "TYPE") {
    n = split(db == "configuration" ? "service" : types[db], part, " ")
    for (i = 1; i <= n; i++) offer(part[i], "type")
  } else if (kind == "PROP") offerProps(db, key, type, "")
  else if (kind == "VALUE") offerValues(db, key, type, operand[operands])
}

# reads the words in front of the unfinished one
function walk(from, count,    i, word, name, line) {
  for (i = from; i < count; i++) {
    word = ARGV[i]
    if (isRaw || ended || word !~ /^-./) {
      if (isRaw && operands == 0 && word == "--json") continue
      operand[++operands] = word
      if (command in passesThrough) ended = 1
    } else if (word == "--") ended = 1
    else {
      name = word
      sub(/=.*/, "", name)
      line = findOption(name)
      if (line == "") continue
      split(line, found, "\t")
      used[found[1]]
      if (!takesValue(line) || word ~ /=/) continue
      if (i + 1 == count) pending = line
      i++
    }
  }
}

function offerOptionValue(line,    n, i, part, words) {
  split(line, part, "\t")
  n = split(part[4], words, " ")
  for (i = 1; i <= n; i++) offerValue(words[i])
}

function complete(count,    from, program) {
  program = ARGV[1]
  sub(/.*\//, "", program)
  from = 2
  command = program
  if (program == "docksmith") {
    if (count == 2) {
      offerCommands("")
      offer("help", "the page of a command")
      offer("--help", "show all commands")
      offer("--version", "show the version")
      return
    }
    command = ARGV[2]
    from = 3
    if (command == "help" && count == 3) return offerCommands("")
    if (command == "help") return count == 4 && (ARGV[3] in groups) ? offerCommands(ARGV[3]) : 0
    if (command in aliases) command = aliases[command]
    if (command in groups) {
      if (count == 3) return offerCommands(command)
      command = command " " ARGV[3]
      from = 4
    }
    if (!(command in docs)) return
  }
  isRaw = command == "db" || command == "config"
  takesApplications = command in ofContainers
  walk(from, count)
  if (pending != "") return offerOptionValue(pending)
  if (!ended && !isRaw && match(current, /^--[^=]+=/)) {
    prefix = substr(current, 1, RLENGTH)
    return offerOptionValue(findOption(substr(prefix, 1, RLENGTH - 1)))
  }
  if (!ended && current ~ /^-/ && (!isRaw || operands == 0)) return offerOptions()
  if (command == "config") {
    if (operands == 0) offerLines(dbVerbs)
    else offerDbArgument("configuration", 1)
  } else if (command == "db" && operands == 1) offerLines(dbVerbs)
  else if (command == "db" && operands > 1) offerDbArgument(operand[1], 2)
  else offerKinds(kindsAt(places[command], repeats[command], operands + 1))
  if (current == "" && !ended && !isRaw && places[command] == "") offerOptions()
}

function findFolders() {
  root = ENVIRON["DOCKSMITH_ROOT"]
  sub(/\/$/, "", root)
  dbFolder = root "/home/e-smith/db"
  # reading a folder fails, and tells it from one that is not there only by a file in it
  if (ENVIRON["DBPATH"] != "") dbFolder = ENVIRON["DBPATH"]
  else if ((getline line < (dbFolder "/configuration")) < 0) dbFolder = root "/var/lib/docksmith/db"
}

BEGIN {
  #TABLES
  count = ARGC - 1
  current = ARGV[count]
  findFolders()
  complete(count)
}
