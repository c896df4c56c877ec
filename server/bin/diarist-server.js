#!/usr/bin/env node
import { runServer } from '../dist/main.js';

process.exitCode = await runServer(process.argv.slice(2));
