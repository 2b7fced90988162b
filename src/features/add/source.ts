import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { CONFIG_DIR, type Paths } from '../../base/paths.ts';
import { readText } from '../../files/read-file.ts';

/** What an application is made of. */
export type AddSource =
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'compose'; readonly files: readonly string[] };

export interface Recipe {
  readonly name: string;
  readonly file: string;
  /** its first line */
  readonly doc: string;
}

const RECIPES = 'recipes';

/** Those of the package, and the admin's own, which override them by name. */
export function listRecipes(paths: Paths): readonly Recipe[] {
  const folders = [path.join(paths.packageDir, RECIPES), paths.file(path.posix.join(CONFIG_DIR, RECIPES))];
  const recipes = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => ({ name: name.slice(0, -'.yaml'.length), file: path.join(folder, name) })),
    );
  return [...new Map(recipes.map((recipe) => [recipe.name, recipe])).values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((recipe) => ({ ...recipe, doc: /^# *(.*)/.exec(readText(recipe.file))?.[1] ?? '' }));
}

/**
 * What is meant by `docksmith add NAME [WORD]`: a Compose file or the folder of one, a recipe, else an image;
 * without a word the recipe of that name.
 * @throws Failure for a file or recipe that is not there
 */
export function findSource(paths: Paths, name: string, word: string | undefined): AddSource {
  const recipes = listRecipes(paths);
  const recipe = recipes.find((one) => one.name === (word ?? name));
  if (word !== undefined) {
    const stats = statSync(word, { throwIfNoEntry: false });
    const isFile = /^[./]|\.ya?ml$/.test(word);
    if (stats !== undefined && (isFile || (stats.isDirectory() && recipe === undefined)))
      return { kind: 'compose', files: [word] };
    if (isFile) throw new Failure(`cannot add "${name}"`, { why: `there is no file or folder "${word}"` });
  }
  if (recipe !== undefined) return { kind: 'compose', files: [recipe.file] };
  if (word !== undefined) return { kind: 'image', reference: word };
  const names = recipes.map((one) => one.name);
  const { hint = `an image or a Compose file makes one, too; recipes: ${names.join(', ')}` } = didYouMean(name, names);
  throw new Failure(`cannot add "${name}"`, { why: 'no image is named, and there is no recipe of that name', hint });
}
