import './base.css';
import './choice.css';
import './gallery.css';
import './banner.css';
import './allocations.css';
import './jobs.css';
import './log.css';
