import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/lib/', '**/dist/', '**/node_modules/', '**/*.js', 'reports/', '.venv/', '.berth/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // fire-and-forget promises lose errors; `void` marks the few that are meant
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // argv arrays only: no shell between us and a command (style 7, T35)
      'no-restricted-syntax': [
        'error',
        { selector: "Property[key.name='shell'][value.value=true]", message: 'argv arrays, never a shell' },
        { selector: 'CallExpression[callee.name=/^exec(Sync)?$/]', message: 'argv arrays, never a shell' },
      ],
    },
  },
  {
    // one composition root reads the environment and exits (design, section 3)
    files: ['schema/src/**', 'spawner/src/**', 'server/src/**', 'extension/src/**'],
    ignores: ['server/src/cli/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'pass the environment in from server/src/cli' },
        { object: 'process', property: 'argv', message: 'pass arguments in from server/src/cli' },
        { object: 'process', property: 'exit', message: 'only server/src/cli exits' },
      ],
    },
  },
);
