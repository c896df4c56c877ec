//! One run of speakrs 0.5, on ONNX Runtime, started by bench/peers.ts: prints one line of JSON.
//!
//!     peer-speakrs05 RECORDING.wav THREADS MODELS_DIR LIBONNXRUNTIME
//!
//! MODELS_DIR is what make_models.py writes. Segmentation and log-mel take as many threads as there
//! are cores to run on (no setting), so the process keeps THREADS cores; embedding always takes one.

use std::{env, error::Error, fs, mem, time::Instant};

use speakrs::{ExecutionMode, OwnedDiarizationPipeline, Segment};

unsafe extern "C" {
    fn openblas_set_num_threads(threads: libc::c_int);
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [recording, threads, models, onnxruntime] = arguments.as_slice() else {
        return Err("peer-speakrs05 RECORDING.wav THREADS MODELS_DIR LIBONNXRUNTIME".into());
    };
    keep_cores(threads.parse()?);
    // SAFETY: nothing else reads the environment yet
    unsafe { env::set_var("ORT_DYLIB_PATH", onnxruntime) };
    let started = Instant::now();
    let mut pipeline = OwnedDiarizationPipeline::from_dir(models, ExecutionMode::Cpu)?;
    let (load, cpu_before, loaded) = (started.elapsed().as_secs_f64(), cpu(), Instant::now());
    let result = pipeline.run(&samples(&fs::read(recording)?)?)?;
    let (wall, cpu) = (loaded.elapsed().as_secs_f64(), cpu() - cpu_before);
    let turn = |turn: &Segment| format!("[{},{},{:?}]", turn.start, turn.end, turn.speaker);
    let turns: Vec<String> = result.segments.iter().map(turn).collect();
    let (peak, turns, version) = (peak_mib(), turns.join(","), env!("CARGO_PKG_VERSION"));
    println!(
        r#"{{"wall":{wall},"cpu":{cpu},"load":{load},"peakMib":{peak},"turns":[{turns}],"versions":{{"speakrs crate":"{version}"}}}}"#
    );
    Ok(())
}

/// Samples of a WAV as `wav16.ts` writes it: PCM of 16 bits, mono, 16 kHz, behind 44 bytes.
fn samples(wav: &[u8]) -> Result<Vec<f32>, &'static str> {
    if wav.get(20..28) != Some(&[1, 0, 1, 0, 0x80, 0x3e, 0, 0]) {
        return Err("Got another header when that of a mono WAV of 16 kHz was expected.");
    }
    let sample = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]) as f32 / 32768.0;
    Ok(wav[44..].chunks_exact(2).map(sample).collect())
}

/// Leaves the process the first of the cores it may run on, and as many threads to OpenBLAS.
fn keep_cores(number: usize) {
    // SAFETY: a zeroed set is an empty one, and the system fills no more than its size
    unsafe {
        let mut cores: libc::cpu_set_t = mem::zeroed();
        libc::sched_getaffinity(0, size_of_val(&cores), &mut cores);
        let allowed = (0..libc::CPU_SETSIZE as usize).filter(|&core| libc::CPU_ISSET(core, &cores));
        for core in allowed.skip(number).collect::<Vec<_>>() {
            libc::CPU_CLR(core, &mut cores);
        }
        libc::sched_setaffinity(0, size_of_val(&cores), &cores);
        openblas_set_num_threads(number as libc::c_int);
    }
}

/// Seconds of CPU that the process has had.
fn cpu() -> f64 {
    // SAFETY: plain numbers, filled by the call
    unsafe {
        let mut time = mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    }
}

/// The most memory that the process has held, in MiB.
fn peak_mib() -> i64 {
    // SAFETY: plain numbers, filled by the call
    unsafe {
        let mut usage = mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage.ru_maxrss / 1024
    }
}
