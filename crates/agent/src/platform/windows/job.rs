//! Job objects: a process with everything that comes of it, which the system itself keeps together.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::process::{owned, resume};
use super::text::wide;
use std::io;
use std::mem::offset_of;
use std::os::windows::io::{AsRawHandle, OwnedHandle, RawHandle};
use std::ptr;
use tokio::process::{Child, Command};
use windows_sys::Win32::Foundation::{DuplicateHandle, ERROR_MORE_DATA, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_PROCESS_ID_LIST, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicProcessIdList,
    JobObjectExtendedLimitInformation, OpenJobObjectW, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::SystemServices::{JOB_OBJECT_QUERY, JOB_OBJECT_TERMINATE};
use windows_sys::Win32::System::Threading::{CREATE_NO_WINDOW, CREATE_SUSPENDED, GetCurrentProcess};

/// Most processes that are listed of a job.
const MEMBERS_MAX: usize = 65_536;
/// Words before the numbers in a list of processes.
const HEAD: usize = offset_of!(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList) / size_of::<usize>();
/// What processes end with that are ended with their job.
const ENDED: u32 = 1;

/// An open job.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// Makes a job; with a name, others can open it as long as anybody has it open.
    pub(super) fn create(name: Option<&str>) -> io::Result<Self> {
        let name = name.map(wide);
        let name = name.as_ref().map_or(ptr::null(), Vec::as_ptr);
        // SAFETY: the name is none or ends with a zero, and outlives the call; what it opens is taken over at once.
        owned(unsafe { CreateJobObjectW(ptr::null(), name) }).map(Self)
    }

    /// Opens a job of an earlier agent.
    pub(super) fn open(name: &str) -> io::Result<Self> {
        let name = wide(name);
        // SAFETY: the name ends with a zero and outlives the call; what it opens is taken over at once.
        owned(unsafe { OpenJobObjectW(JOB_OBJECT_QUERY | JOB_OBJECT_TERMINATE, 0, name.as_ptr()) }).map(Self)
    }

    /// Starts a command in the job: it begins to run as a member, so nothing that it starts escapes.
    ///
    /// It has a console of its own, without a window, so that what is sent to that reaches nobody else.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let mut child = command.creation_flags(CREATE_SUSPENDED | CREATE_NO_WINDOW).spawn()?;
        let begun = match (child.raw_handle(), child.id()) {
            (Some(handle), Some(pid)) => self.assign(handle).and_then(|()| resume(pid)),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        if let Err(error) = begun {
            // It has done nothing yet.
            let _ = child.start_kill();
            return Err(error);
        }
        Ok(child)
    }

    fn assign(&self, process: RawHandle) -> io::Result<()> {
        // SAFETY: both handles are open: the job's is ours, the process's is borrowed from its `Child`.
        if unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Gives a process a handle of the job, so that the job keeps its name without the agent.
    pub(super) fn keep_by(&self, process: RawHandle) -> io::Result<()> {
        let mut kept: HANDLE = ptr::null_mut();
        // SAFETY: the handles are open: ours, the pseudo handle of this process, and the process's, borrowed from
        // its `Child`. The new handle belongs to that process, which closes it when it ends.
        let done = unsafe {
            DuplicateHandle(
                GetCurrentProcess(),
                self.0.as_raw_handle(),
                process,
                &raw mut kept,
                JOB_OBJECT_QUERY,
                0,
                0,
            )
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Whether the members end when the last handle is closed.
    pub(super) fn ends_with_handle(&self, ends: bool) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = if ends { JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE } else { 0 };
        let size = u32::try_from(size_of_val(&limits)).unwrap_or(0);
        // SAFETY: the handle is open; `limits` is the structure of this class, `size` long, and outlives the call.
        let set = unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size,
            )
        };
        if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// The numbers of its living processes.
    pub(super) fn members(&self) -> io::Result<Vec<u32>> {
        let mut room = 64;
        loop {
            let mut list = vec![0_usize; HEAD + room];
            let size = u32::try_from(size_of_val(list.as_slice())).unwrap_or(0);
            // SAFETY: the handle is open; the buffer is `size` long and aligned as the structure, whose widest
            // member is a `usize`.
            let told = unsafe {
                QueryInformationJobObject(
                    self.0.as_raw_handle(),
                    JobObjectBasicProcessIdList,
                    list.as_mut_ptr().cast(),
                    size,
                    ptr::null_mut(),
                )
            };
            if told != 0 {
                // SAFETY: the buffer holds the head of that structure, which was filled in, and is aligned for it.
                let listed = unsafe {
                    (*list.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>()).NumberOfProcessIdsInList
                };
                let numbers = list.iter().skip(HEAD).take(listed as usize);
                return Ok(numbers.filter_map(|pid| u32::try_from(*pid).ok()).collect());
            }
            let error = io::Error::last_os_error();
            let too_small = error.raw_os_error() == i32::try_from(ERROR_MORE_DATA).ok();
            if !too_small || room >= MEMBERS_MAX {
                return Err(error);
            }
            room *= 4;
        }
    }

    /// Ends every process of it.
    pub(super) fn end(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        if unsafe { TerminateJobObject(self.0.as_raw_handle(), ENDED) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;
    use std::time::Duration;
    use tokio::time::timeout;

    /// Long enough for a busy machine.
    const DEADLINE: Duration = Duration::from_mins(1);

    /// A program that reads until its input is closed, and one that it started.
    fn two() -> Command {
        let mut command = Command::new("cmd.exe");
        command.args(["/c", "cmd.exe"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    async fn until(mut holds: impl FnMut() -> bool) {
        let wait = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(DEADLINE, wait).await.expect("the condition did not come true");
    }

    #[tokio::test]
    async fn job_is_found_by_its_name_and_ends_with_all_members() {
        let name = format!(r"Global\topmast-test-{}", uuid::Uuid::new_v4());
        let job = Job::create(Some(&name)).unwrap();
        let mut child = job.spawn(&mut two()).unwrap();
        job.keep_by(child.raw_handle().unwrap()).unwrap();
        until(|| job.members().unwrap().len() == 2).await;
        // The agent is gone, and another one comes.
        drop(job);
        let job = Job::open(&name).unwrap();
        assert!(job.members().unwrap().contains(&child.id().unwrap()));
        job.end().unwrap();
        let status = timeout(DEADLINE, child.wait()).await.unwrap().unwrap();
        assert_eq!(status.code(), Some(1));
        until(|| job.members().unwrap().is_empty()).await;
    }

    #[tokio::test]
    async fn job_of_a_short_command_ends_with_its_handle() {
        let job = Job::create(None).unwrap();
        job.ends_with_handle(true).unwrap();
        let mut child = job.spawn(&mut two()).unwrap();
        drop(job);
        timeout(DEADLINE, child.wait()).await.unwrap().unwrap();
    }
}
